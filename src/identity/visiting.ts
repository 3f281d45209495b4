/** What happens in the browser between `/jit link` and `/jit link <code>`: see `linking.ts` for why it is as it is. */

import { hashOf, newSecret } from "../access/signed-secret.ts";
import { later } from "../access/time.ts";
import type { SignInSettings } from "./identity-settings.ts";
import { type LinkingDeps, recordRefused } from "./linking.ts";
import type { Invitation, Proof } from "./links.ts";
import { isNobody, readIdentities } from "./read-identities.ts";
import { LASTS, newCode, TRIES } from "./secrets.ts";
import type { SignIn } from "./sign-in.ts";

interface VisitingDeps extends Pick<LinkingDeps, "settings" | "links" | "secrets" | "auditLog" | "clock" | "newId"> {
  /** Where people reach us. */
  readonly publicUrl: string;
  readonly signIn: SignIn;
  /** For operators: an answer of the provider's that can't be believed, or that names nobody. */
  readonly disbelieved: (problem: string) => void;
}

/** Everything throws a `Fault` when memory or the provider can't be asked. */
export interface Visiting {
  /** Whom a secret link is for; looking doesn't use it up, so that a preview of it does no harm. `undefined`: nobody, not any more. */
  readonly look: (token: string) => Promise<Look | undefined>;
  /** The button was pressed: the link is used up, and the browser goes to the provider and keeps `browser` until it is back. */
  readonly leave: (token: string) => Promise<{ readonly to: URL; readonly browser: string } | undefined>;
  /** `query` is what the provider sent along, `browser` what this browser kept. */
  readonly comeBack: (query: URLSearchParams, browser: string | undefined) => Promise<Outcome>;
}

export interface Look {
  readonly invitation: Invitation;
  /** Host name of the provider. */
  readonly provider: string;
}

export type Outcome =
  | {
      readonly kind: "proven";
      readonly code: string;
      readonly proof: Proof;
      readonly name: string;
      readonly shownAs: string;
    }
  /** `unknown`: nobody left from here with this, not in this browser or not lately. `nobody`: signed in, and the token doesn't say as whom. */
  | { readonly kind: "not-proven"; readonly because: "unknown" | "declined" | "invalid" | "nobody" };

export const createVisiting = (deps: VisitingDeps): Visiting => {
  const { settings, links, secrets, clock, signIn, disbelieved } = deps;
  const callback = (query?: URLSearchParams): URL =>
    new URL(`${deps.publicUrl}/link/callback${query === undefined ? "" : `?${query.toString()}`}`);
  const notProven = (because: Extract<Outcome, { kind: "not-proven" }>["because"]): Outcome => ({
    kind: "not-proven",
    because,
  });

  const look: Visiting["look"] = async (token) => {
    if (!secrets.isOurs(token)) return undefined;
    const provider = settings()?.signIn;
    const invitation = await links.invitation(token);
    if (provider === undefined || invitation === undefined || clock.now() >= invitation.until) return undefined;
    return { invitation, provider: new URL(provider.issuer).host };
  };

  const leave: Visiting["leave"] = async (token) => {
    const provider = settings()?.signIn;
    if (provider === undefined || !secrets.isOurs(token)) return undefined;
    const fresh = { state: newSecret(), nonce: newSecret(), verifier: newSecret() };
    // The link isn't used up by a provider that is away.
    const to = await signIn.begin(provider, fresh, callback());
    const invitation = await links.takeInvitation(token);
    const now = clock.now();
    if (invitation === undefined || now >= invitation.until) return undefined;
    const browser = newSecret();
    const { state, ...kept } = fresh;
    await links.keepVisit(state, { ...invitation, ...kept, browser: hashOf(browser), until: later(now, LASTS) });
    return { to, browser };
  };

  const comeBack: Visiting["comeBack"] = async (query, browser) => {
    const provider = settings()?.signIn;
    const state = query.get("state");
    const visit = state === null ? undefined : await links.takeVisit(state);
    if (provider === undefined || state === null || visit === undefined || clock.now() >= visit.until)
      return notProven("unknown");
    if (browser === undefined || hashOf(browser) !== visit.browser) {
      await recordRefused(deps, visit.person, "other-browser");
      return notProven("unknown");
    }
    const { person, name, nonce, verifier } = visit;
    const said = await signIn.finish(provider, { state, nonce, verifier }, callback(query));
    if (said.kind === "not-signed-in") {
      if (said.because === "invalid") {
        disbelieved(said.problem);
        await recordRefused(deps, person, "invalid-token");
      }
      return notProven(said.because);
    }
    const identities = identitiesIn(said.claims, provider.claims);
    if (isNobody(identities)) {
      disbelieved(`the ID token has no ${Object.values(provider.claims).join(", ")} that names somebody`);
      return notProven("nobody");
    }
    const { issuer, subject } = said;
    const proof: Proof = { person, issuer, subject, identities, until: later(clock.now(), LASTS) };
    const code = newCode();
    await links.keepProof(proof, code, TRIES);
    return { kind: "proven", code, proof, name, shownAs: shownAs(said.claims, subject) };
  };

  return { look, leave, comeBack };
};

const identitiesIn = (claims: Readonly<Record<string, unknown>>, { entra, aws }: SignInSettings["claims"]) =>
  readIdentities({
    ...(entra === undefined ? {} : { entra: claims[entra] }),
    ...(aws === undefined ? {} : { aws: claims[aws] }),
  });

/** So that people see which of their accounts it was; it decides nothing. */
const shownAs = (claims: Readonly<Record<string, unknown>>, subject: string): string =>
  [claims["preferred_username"], claims["email"], claims["name"]].find((each) => typeof each === "string") ?? subject;

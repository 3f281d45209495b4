/**
 * `/jit link`, `/jit link <code>` and `/jit unlink`: people show who they are elsewhere, once, and may take it back, as may security for them.
 *
 * Slack's command proves the Slack account and the provider's sign-in proves the account there; that both are one person's must be proven too. So the
 * proof goes round: from Slack by a secret link into a browser, through the sign-in, and by a short code back into Slack.
 *
 * - Somebody sends their own link to another, who signs in: the code is shown in the other's browser alone. The sender doesn't know it, and to the other
 *   it is of no use, because it counts only for the Slack account that asked. (Who is talked into telling the code is told beforehand whom it links.)
 * - Somebody sees or guesses another's code: it counts for another Slack account than theirs. Their own sign-in gives five tries of 2^48.
 * - Somebody takes another's link before them, and signs in as themselves: the code isn't shown to the other, so nothing is linked.
 * - Somebody brings the provider's answer into another browser: it has to come back where the button was pressed.
 * - Links and answers count once, and for ten minutes.
 */

import { type Directory, type Elsewhere, type Person, type PersonFacts, personOf } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import type { SignedSecrets } from "../access/signed-secret.ts";
import { type Clock, later } from "../access/time.ts";
import { type AuditEvent, type AuditLog, auditEvent } from "../audit/event.ts";
import type { IdentitySettings } from "./identity-settings.ts";
import type { Link, Links } from "./links.ts";
import { outranking, showIdentities } from "./read-identities.ts";
import { LASTS, readCode } from "./secrets.ts";

export interface LinkingDeps {
  readonly settings: () => IdentitySettings | undefined;
  /** Where people reach us; without it nobody can be sent here. */
  readonly publicUrl: string | undefined;
  readonly directory: Pick<Directory, "lookUp">;
  /** Who they would be by this link, beside all else that is said of them. Throws a `Fault` when that can't be asked. */
  readonly identitiesWith: (facts: PersonFacts, link: Link) => Promise<Elsewhere>;
  readonly links: Links;
  readonly secrets: SignedSecrets;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** Everything throws a `Fault` when Slack or memory can't be asked. */
export interface Linking {
  /** The secret link, for this person's eyes only. */
  readonly begin: (user: string) => Promise<URL | Refusal>;
  readonly finish: (user: string, code: string) => Promise<Linked | Refusal>;
  /** `by`: somebody else, who may: see `workflow/unlink-another.ts`. */
  readonly unlink: (user: string, by?: Person) => Promise<Link | Refusal>;
}

export interface Linked extends Link {
  /** Who they are all the same, where what administrators wrote goes before the link. Absent: as linked. */
  readonly outranked?: Elsewhere;
}

export const createLinking = (deps: LinkingDeps): Linking => {
  const { settings, publicUrl, links, clock, newId } = deps;

  const begin: Linking["begin"] = async (user) => {
    const facts = await personOf(user, deps.directory);
    if (isRefusal(facts)) return facts;
    if (settings()?.signIn === undefined || publicUrl === undefined) return refuse("linking-not-offered", {});
    const { person, name } = facts;
    const before = await links.linkOf(person);
    if (before !== undefined) return refuse("already-linked", { as: showIdentities(before.identities) });
    const until = later(clock.now(), LASTS);
    const token = deps.secrets.make();
    await links.invite(token, { person, name, until });
    return new URL(`${publicUrl}/link/${token}`);
  };

  const refused = async <R extends Refusal>({ person }: PersonFacts, refusal: R): Promise<R> => {
    await recordRefused(deps, person, refusal.code);
    return refusal;
  };

  const finish: Linking["finish"] = async (user, typed) => {
    const facts = await personOf(user, deps.directory);
    if (isRefusal(facts)) return facts;
    const now = clock.now();
    const proof = await links.takeProof(facts.person, readCode(typed));
    if (proof === undefined || now >= proof.until) return refused(facts, refuse("link-code-unknown", {}));
    // What was configured when they began may not be any more.
    if (proof.issuer !== settings()?.signIn?.issuer) return refused(facts, refuse("linking-not-offered", {}));

    const { person, issuer, subject, identities } = proof;
    const link: Link = { person, issuer, subject, identities, at: now };
    const others = outranking(identities, await deps.identitiesWith(facts, link));
    const outranked = others === undefined ? {} : { outranked: others };
    const said = { person, issuer, subject, identities, ...outranked };
    const event = auditEvent("identity.linked", newId(), now, person, said);
    const added = await links.add(link, event);
    if (added === "identity-taken") return refused(facts, refuse("identity-taken", {}));
    if (added === "already-linked") {
      const before = await links.linkOf(person);
      return refused(
        facts,
        refuse("already-linked", { as: before === undefined ? "" : showIdentities(before.identities) }),
      );
    }
    return { ...link, ...outranked };
  };

  const unlink: Linking["unlink"] = async (user, by) => {
    // Whoever they are by now: taking away is never refused.
    const facts = await deps.directory.lookUp(user);
    if (facts === undefined)
      return by === undefined ? refuse("person-unknown", {}) : refuse("somebody-unknown", { text: user });
    const { person } = facts;
    const gone = ({ issuer, subject, identities }: Link): AuditEvent =>
      auditEvent("identity.unlinked", newId(), clock.now(), by ?? person, { person, issuer, subject, identities });
    // What security takes back was never theirs.
    const removed = await links.remove(person, gone, { remembers: by === undefined });
    return removed ?? refuse("not-linked", by === undefined ? {} : { user });
  };

  return { begin, finish, unlink };
};

export const recordRefused = (
  { auditLog, clock, newId }: Pick<LinkingDeps, "auditLog" | "clock" | "newId">,
  person: PersonFacts["person"],
  because: Extract<AuditEvent, { kind: "identity.refused" }>["because"],
): Promise<void> => auditLog.append(auditEvent("identity.refused", newId(), clock.now(), person, { person, because }));

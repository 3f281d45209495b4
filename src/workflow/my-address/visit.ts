/**
 * What happens on the page that sees where somebody is.
 *
 * - A guessed, tampered or truncated link isn't ours, which its signature tells without a look into memory.
 * - The first browser that opens a link keeps it. Another's is refused: whoever finds a link can neither see what it is for nor use it.
 * - Somebody sends their own link to another, who opens it first and presses: then the other's address is let in, for the sender, who could have typed it as well. What came of
 *   it is told in Slack to the person whose link it is.
 * - It counts once, for ten minutes, for the one ask or access that is remembered with it; nothing about it is in the address of the page.
 */

import { hashOf, newSecret } from "../../access/signed-secret.ts";
import type { Cidr } from "../../access/source.ts";
import { DAY, later } from "../../access/time.ts";
import { type AuditEvent, auditEvent } from "../../audit/event.ts";
import type { AccessRequest } from "../../grants/request.ts";
import type { Refused, SubmitRequest } from "../submit-request.ts";
import type { Offer, Wanted } from "./address-memory.ts";
import type { Move } from "./move.ts";
import type { AddressDeps } from "./offer.ts";

export interface VisitDeps extends AddressDeps {
  readonly submitRequest: SubmitRequest;
  readonly move: Move;
  /** Somebody acts: nobody is judged by what was known of them before. */
  readonly startAnew: () => void;
}

/** Why a link leads nowhere. `unknown`: it isn't ours, or so old that nobody remembers it. */
export type DeadLink = { readonly kind: "dead"; readonly because: "unknown" | "over" | "used" | "other-browser" };

export type Look = DeadLink | { readonly kind: "open"; readonly offer: Offer; readonly browser: string };

export type Use =
  | DeadLink
  /** Where they are can't be seen. The link still counts. */
  | { readonly kind: "unseen" }
  | Used;

export interface Used {
  readonly kind: "used";
  readonly offer: Offer;
  readonly seen: readonly Cidr[];
  readonly outcome: AccessRequest | Refused;
}

/** Everything throws a `Fault` when memory, Slack or a cloud can't be asked; a link isn't used up by that. */
export interface Visiting {
  /** `browser`: what it kept from before. What is returned it has to keep. */
  readonly look: (token: string, browser: string | undefined) => Promise<Look>;
  readonly use: (token: string, browser: string | undefined, seen: readonly Cidr[], forADay: boolean) => Promise<Use>;
}

export const createVisiting = (deps: VisitDeps): Visiting => {
  const { addresses, secrets, clock, newId, auditLog } = deps;

  const dead = async (token: string, { person }: Offer, because: Recorded): Promise<DeadLink> => {
    // Once for each link and reason: whoever tries again and again mustn't fill the log.
    const about = `${hashOf(token).slice(0, 16)}/${because}`;
    const event = auditEvent("address.refused", about, clock.now(), person, { person, because });
    await auditLog.append(event).catch(() => undefined);
    return { kind: "dead", because };
  };

  const look: Visiting["look"] = async (token, browser = newSecret()) => {
    if (!secrets.isOurs(token)) return UNKNOWN;
    const offer = await addresses.offered(token);
    if (offer === undefined) return UNKNOWN;
    if (clock.now() >= offer.until) return dead(token, offer, "over");
    if (!(await addresses.claim(token, browser))) return dead(token, offer, "other-browser");
    if (await addresses.isUsed(token)) return dead(token, offer, "used");
    return { kind: "open", offer, browser };
  };

  const get = ({ wanted, person: { user } }: Offer, seen: readonly Cidr[]): Promise<Used["outcome"]> =>
    wanted.kind === "move" ? deps.move(wanted.grant, user, seen) : askAs(wanted, user, seen);

  const askAs = async ({ ask }: Extract<Wanted, { kind: "ask" }>, user: string, seen: readonly Cidr[]) => {
    const outcome = await deps.submitRequest(ask, user, seen);
    if ("kind" in outcome && outcome.kind === "needs-address") throw new Error("an address that was seen is unknown");
    return outcome;
  };

  const use: Visiting["use"] = async (token, browser, seen, forADay) => {
    const looked = await look(token, browser);
    if (looked.kind === "dead") return looked;
    const { offer } = looked;
    if (seen.length === 0) return { kind: "unseen" };
    if (!(await addresses.use(token))) return dead(token, offer, "used");
    try {
      deps.startAnew();
      const outcome = await get(offer, seen);
      await record(offer, seen, outcome, forADay);
      return { kind: "used", offer, seen, outcome };
    } catch (error) {
      await addresses.giveBack(token).catch(() => undefined);
      throw error;
    }
  };

  /** What was asked for by then is asked for, also where this can't be recorded. */
  const record = async (
    { person }: Offer,
    seen: readonly Cidr[],
    outcome: Used["outcome"],
    forADay: boolean,
  ): Promise<void> => {
    const now = clock.now();
    const until = later(now, DAY);
    const event: AuditEvent = auditEvent("address.seen", newId(), now, person, {
      person,
      addresses: seen,
      ...("refusals" in outcome ? { refusals: outcome.refusals } : { requestId: outcome.id }),
      ...(forADay ? { rememberedUntil: until } : {}),
    });
    const recorded = forADay ? addresses.remember(person, seen, until, event) : auditLog.append(event);
    await recorded.catch(() => undefined);
  };

  return { look, use };
};

type Recorded = Exclude<DeadLink["because"], "unknown">;

const UNKNOWN: DeadLink = { kind: "dead", because: "unknown" };

/** A secret link to the page that sees where somebody is, for one ask of theirs or one access that they want to take along. */

import { type PersonFacts, personOf } from "../../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import type { SignedSecrets } from "../../access/signed-secret.ts";
import { type DurationMs, later, MINUTE } from "../../access/time.ts";
import type { WorkflowDeps } from "../deps.ts";
import type { Ask } from "../understand-ask.ts";
import type { AddressMemory, Wanted } from "./address-memory.ts";
import { movable } from "./move.ts";

export interface AddressDeps extends WorkflowDeps {
  readonly addresses: AddressMemory;
  readonly secrets: SignedSecrets;
  /** Where people reach us. */
  readonly publicUrl: string;
}

/** Links are for this person's eyes only. Everything throws a `Fault` when Slack or memory can't be asked. */
export interface OfferAddress {
  readonly forAsk: (ask: Ask, user: string) => Promise<URL | Refusal>;
  /** Only for an access of their own that can be moved now. */
  readonly forMove: (grantId: string, user: string) => Promise<URL | Refusal>;
}

/** How long a link counts. */
export const LINK_LASTS = (10 * MINUTE) as DurationMs;

/** `undefined`: nobody reaches us. */
export const createOfferAddress = (deps: AddressDeps | undefined): OfferAddress => {
  if (deps === undefined) {
    const no = async () => refuse("no-address-page", {});
    return { forAsk: no, forMove: no };
  }
  const { addresses, secrets, clock, directory, publicUrl } = deps;

  const offer = async ({ person, name }: PersonFacts, wanted: Wanted): Promise<URL> => {
    const until = later(clock.now(), LINK_LASTS);
    const token = secrets.make();
    await addresses.offer(token, { person, name, wanted, until });
    return new URL(`${publicUrl}/address/${token}`);
  };

  return {
    forAsk: async (ask, user) => {
      const facts = await personOf(user, directory);
      return isRefusal(facts) ? facts : offer(facts, { kind: "ask", ask });
    },
    forMove: async (grantId, user) => {
      const facts = await personOf(user, directory);
      if (isRefusal(facts)) return facts;
      const grant = await movable(grantId, facts.person, deps);
      if (isRefusal(grant)) return grant;
      const { id, services, machine } = grant;
      return offer(facts, { kind: "move", grant: id, services, machine: machine.name });
    },
  };
};

/** One Azure Firewall with classic rules as a `Firewall`: what of it is ours, and how a plan is carried out in one write. */

import { setTimeout } from "node:timers/promises";
import { Fault } from "../../../access/fault.ts";
import type { FirewallId } from "../../../access/machine.ts";
import { type DurationMs, SECOND } from "../../../access/time.ts";
import { type Block, type Changes, type Firewall, type Guard, NO_CHANGES, type Observed } from "../../firewall.ts";
import { azureFault, isGone } from "../azure-fault.ts";
import { nameOf } from "../resource-id.ts";
import type { ClassicApi } from "./classic-api.ts";
import { asAsked, blocksIn, withoutRules } from "./classic-block.ts";
import { type ClassicDocument, editClassicFirewall } from "./classic-document.ts";
import { holdingsIn, observeHolding, type PublicAddresses } from "./classic-hole.ts";
import { type PlanDeps, planAsFarAsPossible } from "./classic-plan.ts";
import { undercutOf } from "./classic-undercut.ts";
import type { FirewallMark } from "./firewall-mark.ts";
import type { MappedPorts } from "./mapped-port.ts";
import { divide } from "./own-collections.ts";

/** Looks at a firewall that is being changed before it is left for later. */
const SETTLE_TRIES = 3;
/** An update takes three to five minutes, so there is no hurry to look again. */
const AFTER_MS = (5 * SECOND) as DurationMs;

export interface ClassicDeps {
  readonly id: FirewallId;
  readonly name: string;
  readonly api: ClassicApi;
  readonly mark: FirewallMark;
  readonly mappedPorts: MappedPorts;
}

export const createClassicFirewall = ({ id, name, api, mark, mappedPorts }: ClassicDeps): Firewall => {
  const read = async (signal: AbortSignal): Promise<ClassicDocument | undefined> => {
    const outcome = await api.read(signal);
    if (outcome.kind === "done") return outcome.value;
    if (isGone(outcome.problem)) return undefined;
    throw azureFault(`cannot read \`${name}\``, outcome.problem);
  };

  /** Azure refuses a second write while it is at one, so there is nothing to do but to wait. */
  const readWhenStill = async (signal: AbortSignal): Promise<ClassicDocument | undefined> => {
    for (let tries = 1; ; tries += 1) {
      const firewall = await read(signal);
      if (firewall === undefined || !isChanging(firewall)) return firewall;
      if (tries === SETTLE_TRIES) {
        throw new Fault("azure", `\`${name}\` is still being changed`, { retry: "later", afterMs: AFTER_MS });
      }
      await setTimeout(api.pollMs, undefined, { signal });
    }
  };

  const readPublicAddresses = async (
    { publicAddresses }: ClassicDocument,
    signal: AbortSignal,
  ): Promise<PublicAddresses> => {
    const outcomes = await Promise.all(publicAddresses.map(async (each) => api.publicAddress(each, signal)));
    const addresses = outcomes.map((outcome) => {
      if (outcome.kind === "failed") throw azureFault(`cannot read a public address of \`${name}\``, outcome.problem);
      return outcome.value;
    });
    return {
      addresses: addresses.filter((address) => address !== undefined),
      complete: !addresses.includes(undefined),
      any: publicAddresses.length > 0,
    };
  };

  /** Its public addresses are read only when a rule leads from one to a machine, or is to. */
  const planDeps = async (firewall: ClassicDocument, opens: boolean, signal: AbortSignal): Promise<PlanDeps> => {
    const divided = divide(firewall, mark);
    const isNeeded = opens || divided.nat !== undefined;
    const front = isNeeded
      ? await readPublicAddresses(firewall, signal)
      : { addresses: [], complete: false, any: firewall.publicAddresses.length > 0 };
    return { name, divided, front, publicAddresses: firewall.publicAddresses.length, mark, mappedPorts };
  };

  const observe = async (signal: AbortSignal, blocks: readonly Block[] = []): Promise<Observed> => {
    const firewall = await read(signal);
    if (firewall === undefined) return { ...noneFor(blocks), settled: true };
    // Azure copies the collections when it moves a firewall into a policy, so what was ours may go on working there: nothing may be called closed.
    // https://learn.microsoft.com/azure/firewall-manager/migrate-to-policy
    if (firewall.policy !== undefined) return { ...noneFor(blocks), settled: false };
    const deps = await planDeps(firewall, false, signal);
    const { divided, front } = deps;
    const untouched = planAsFarAsPossible(NO_CHANGES, deps).planned;
    return {
      rules: holdingsIn(divided).map((holding) => observeHolding(holding, divided, front)),
      blocks: [...blocksIn(divided).map((holding) => asAsked(holding, blocks)), ...withoutRules(blocks)],
      undercut: undercutOf(blocks, divided),
      settled: hasSucceeded(firewall) && untouched?.differs !== true,
    };
  };

  const apply = async (changes: Changes, guard: Guard, signal: AbortSignal): Promise<readonly string[]> => {
    const firewall = await readWhenStill(signal);
    if (firewall === undefined) {
      // With the firewall went all its rules: nothing to close.
      if (changes.add.length + changes.restamp.length + changes.block.length === 0) return [];
      throw new Fault("not-found", `\`${name}\` is gone`, { retry: "never" });
    }
    if (firewall.policy !== undefined) throw inPolicy(name, firewall.policy);
    const deps = await planDeps(firewall, changes.add.length > 0, signal);
    const { planned, fault } = planAsFarAsPossible(changes, deps);
    if (planned !== undefined && (planned.differs || !hasSucceeded(firewall))) {
      const body = editClassicFirewall(firewall, (each) => mark.whichOf(each) !== undefined, planned);
      await write(firewall, body, guard, signal);
    }
    if (fault !== undefined) throw fault;
    return [];
  };

  const write = async ({ etag }: ClassicDocument, body: string, guard: Guard, signal: AbortSignal): Promise<void> => {
    if (etag === undefined) {
      throw new Fault("azure", `cannot write \`${name}\`: its answer has no etag, so an edit of others could be lost`, {
        retry: "never",
      });
    }
    await guard();
    const outcome = await api.replace(body, etag, signal);
    if (outcome.kind === "failed") throw azureFault(`cannot write the rules of \`${name}\``, outcome.problem);
  };

  return { id, name, ruleHolds: "grant", changesAtOnce: true, observe, apply };
};

const noneFor = (blocks: readonly Block[]): Omit<Observed, "settled"> => ({
  rules: [],
  blocks: [],
  undercut: new Map(blocks.map(({ protection }) => [protection, []])),
});

/** Azure is at work on it, which is when a removed rule may still let people in, and an added one not yet. */
const isChanging = ({ provisioningState = "" }: ClassicDocument): boolean =>
  /^(?:updating|deleting|creating)$/iu.test(provisioningState);

/** A server that says nothing of it has nothing to wait for. */
const hasSucceeded = ({ provisioningState = "succeeded" }: ClassicDocument): boolean =>
  provisioningState.toLowerCase() === "succeeded";

const inPolicy = (name: string, policy: string): Fault =>
  new Fault("azure", `rules of \`${name}\` are in the policy \`${nameOf(policy)}\`, which we don't change`, {
    retry: "never",
  });

/** `/jit posture`: how the machines stand that somebody has to do with, worst first. */

import type { CloudName } from "../../access/machine.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import { fitsGlob, ruleFor } from "../../policy/match.ts";
import { mayConfigure } from "../../policy/policy.ts";
import { memberOf } from "../standing.ts";
import type { Assessed, PostureDeps, PostureReading } from "./posture-reading.ts";

export interface PostureList {
  /** At most ten. */
  readonly worst: readonly (Assessed & { readonly mayProtect: boolean })[];
  /** How many there are in all. */
  readonly count: number;
  /** Clouds that couldn't be asked. */
  readonly unread: readonly CloudName[];
}

/** `text`: a part of a name or a pattern with `*`, or a category; empty: all. Throws a `Fault` when something that has to be known can't be. */
export type ListPosture = (text: string, user: string) => Promise<PostureList | Refusal>;

/** Shown are the machines that somebody may ask for or configure; to security all. */
export const createListPosture =
  (deps: PostureDeps, reading: PostureReading): ListPosture =>
  async (text, user) => {
    const policy = deps.policy();
    if (policy === undefined) return refuse("policy-unreadable", {});
    const member = await memberOf(user, policy, deps.directory);
    if (isRefusal(member)) return member;
    const { roles } = member;
    const seesAll = deps.securityRoles().some((role) => roles.has(role));
    const { assessed, unread } = await reading.recent();
    const shown = assessed
      .filter((each) => fits(text, each))
      .flatMap((each) => {
        const rule = ruleFor(policy, each.machine);
        const configures = rule !== undefined && mayConfigure(rule, roles);
        const asks = rule?.request.some((role) => roles.has(role)) ?? false;
        const mayProtect = configures && each.posture.tab.kind === "not-configured";
        return seesAll || configures || asks ? [{ ...each, mayProtect }] : [];
      });
    return { worst: shown.slice(0, AT_ONCE), count: shown.length, unread };
  };

const fits = (text: string, { machine, posture }: Assessed): boolean => {
  const wanted = text.trim().toLowerCase();
  return (
    machine.name.toLowerCase().includes(wanted) ||
    fitsGlob(wanted, machine.name) ||
    posture.category.replace("-", " ") === wanted.replace("-", " ")
  );
};

const AT_ONCE = 10;

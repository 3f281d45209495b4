/** `/jit unlink @person`: a link that somebody shouldn't have is taken back by security. */

import type { Elsewhere, Person } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import type { WorkflowDeps } from "./deps.ts";
import { memberOf } from "./standing.ts";

/** `whom` is a Slack user id, as typed. Returns who they were. Throws a `Fault` when Slack or memory can't be asked. */
export type UnlinkAnother = (whom: string, by: string) => Promise<{ readonly identities: Elsewhere } | Refusal>;

interface UnlinkAnotherDeps extends Pick<WorkflowDeps, "policy" | "directory" | "securityRoles"> {
  readonly unlink: (user: string, by: Person) => ReturnType<UnlinkAnother>;
}

export const createUnlinkAnother =
  ({ policy, directory, securityRoles, unlink }: UnlinkAnotherDeps): UnlinkAnother =>
  async (whom, by) => {
    const now = policy();
    if (now === undefined) return refuse("policy-unreadable", {});
    const roles = securityRoles();
    const member = await memberOf(by, now, directory, { roles });
    if (isRefusal(member)) return member;
    if (!roles.some((role) => member.roles.has(role))) return refuse("not-security", { roles });
    return unlink(whom, member.facts.person);
  };

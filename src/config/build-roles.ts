/** Roles, and where each may be used. */

import type { Policy, Role } from "../policy/policy.ts";
import { type Complain, quote } from "./fields.ts";
import type { FileContent } from "./schema.ts";

export const buildRoles = (content: FileContent, complain: Complain): ReadonlyMap<string, Role> => {
  const written = content.roles ?? {};
  const isOnCall = (name: string): boolean => written[name]?.onCall !== undefined;
  return new Map(
    Object.entries(written).map(([name, role]): [string, Role] => {
      const { users = [], groups = [], onCall = [], otherwise = [], managerOfRequester } = role;
      if (otherwise.length > 0 && onCall.length === 0)
        complain(
          ["roles", name, "otherwise"],
          "is for who answers while a schedule doesn't say who is on call; write onCall beside it, or put these people under users",
        );
      for (const [index, other] of otherwise.entries()) {
        if (onCall.length > 0 && isOnCall(other))
          complain(
            ["roles", name, "otherwise", index],
            `${quote(other)} hangs on a schedule itself, which may not answer either; name a role of users and groups`,
          );
      }
      const manager = managerOfRequester === "true";
      if (manager && content.identities?.profileFields?.manager === undefined)
        complain(
          ["roles", name, "managerOfRequester"],
          "nothing tells who that is; name the field of Slack's profiles in identities.profileFields.manager",
        );
      return [name, { name, users, groups, schedules: onCall, manager, otherwise }];
    }),
  );
};

/** Complains of roles where they could never say what is asked of them. */
export const checkUse = (content: FileContent, { roles }: Policy, complain: Complain): void => {
  const notForManagers = (names: readonly string[] | undefined, path: readonly (string | number)[]): void => {
    for (const [index, name] of (names ?? []).entries()) {
      if (roles.get(name)?.manager === true)
        complain(
          [...path, index],
          `${quote(name)} is the manager of whoever asks, so it can only approve; name another role here`,
        );
    }
  };
  for (const [index, rule] of content.rules.entries()) {
    notForManagers(rule.request, ["rules", index, "request"]);
    notForManagers(rule.configure, ["rules", index, "configure"]);
    notForManagers(rule.breakGlass?.by, ["rules", index, "breakGlass", "by"]);
  }
  notForManagers(content.security?.roles, ["security", "roles"]);
  notForManagers(content.security?.audit, ["security", "audit"]);
  for (const [index, freeze] of (content.freezes ?? []).entries())
    notForManagers(freeze.except, ["freezes", index, "except"]);
  for (const [index, { people = [] }] of (content.deny ?? []).entries()) {
    notForManagers(people, ["deny", index, "people"]);
    for (const [at, name] of people.entries()) {
      if ((roles.get(name)?.schedules.length ?? 0) > 0)
        complain(
          ["deny", index, "people", at],
          `${quote(name)} hangs on a schedule, and while that doesn't answer nobody would be denied; name a role of users and groups`,
        );
    }
  }
};

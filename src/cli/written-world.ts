/** Facts that a file tells, to be asked like the real world. */

import type { CloudName } from "../access/machine.ts";
import { type PersonFacts, scheduleKey } from "../access/person.ts";
import type { Inventory } from "../cloud/inventory.ts";
import { createMachines } from "../cloud/machines.ts";
import type { Config } from "../config.ts";
import { identitiesFrom } from "../identity/known.ts";
import type { Facts } from "./facts.ts";
import type { WrittenFacts } from "./facts-file.ts";

/** Whom the policy or the facts name is a member, unless the facts say otherwise. Who is who elsewhere is what the policy's file says, and then the facts. */
export const worldOf = async (
  written: WrittenFacts,
  { policy, identities }: Pick<Config, "policy" | "identities">,
): Promise<Facts> => {
  const { people, onCall, machines, authorities } = written;
  const users = new Set([
    ...people.keys(),
    ...[...people.values()].flatMap(({ manager }) => manager ?? []),
    ...[...policy.roles.values()].flatMap((role) => role.users),
    ...identities.people.keys(),
    ...[...onCall.values()].flat(),
  ]);
  const names = new Map([...people].map(([user, { facts }]) => [`@${facts.name}`, user]));

  const inventories = new Map<CloudName, Inventory>(
    (["azure", "aws"] as const).map((cloud) => [
      cloud,
      { machines: async () => machines.filter((machine) => machine.cloud === cloud), marked: async () => [] },
    ]),
  );
  const index = createMachines(inventories);
  await index.refresh(new AbortController().signal);

  return {
    lookedUp: Number.POSITIVE_INFINITY,
    directory: {
      lookUp: async (user) => people.get(user)?.facts ?? (users.has(user) ? aMember(user) : undefined),
      members: async (group) =>
        new Set([...people].filter(([, { groups }]) => groups.includes(group)).map(([user]) => user)),
      identities: async ({ person: { user } }) =>
        identitiesFrom([identities.people.get(user) ?? {}, people.get(user)?.identities ?? {}], identities.people),
      manager: async (user) => people.get(user)?.manager,
      onCall: async (schedule) => {
        const found = onCall.get(scheduleKey(schedule));
        return found === undefined ? undefined : new Set(found);
      },
    },
    machines: index,
    authorities: (user) =>
      new Map(
        [...authorities].map(([name, answer]) => [name, { name, ask: async ({ activity }) => answer(user, activity) }]),
      ),
    userNamed: (word) => (users.has(word) ? word : names.get(word)),
    people: () => [...users],
    names: () => [...users, ...names.keys()],
  };
};

const aMember = (user: string): PersonFacts => ({
  person: { team: "", user },
  name: user,
  standing: "member",
  timezone: undefined,
});

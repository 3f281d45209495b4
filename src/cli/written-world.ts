/** Facts that a file tells, to be asked like the real world. */

import type { CloudName } from "../access/machine.ts";
import { NOBODY_ELSEWHERE, type PersonFacts, scheduleKey } from "../access/person.ts";
import type { Inventory } from "../cloud/inventory.ts";
import { createMachines } from "../cloud/machines.ts";
import type { Policy } from "../policy/policy.ts";
import type { Facts } from "./facts.ts";
import type { WrittenFacts } from "./facts-file.ts";

/** Whom the policy or the facts name is a member, unless the facts say otherwise. */
export const worldOf = async (written: WrittenFacts, policy: Policy): Promise<Facts> => {
  const { people, onCall, machines, authorities } = written;
  const users = new Set([
    ...people.keys(),
    ...[...people.values()].flatMap(({ manager }) => manager ?? []),
    ...[...policy.roles.values()].flatMap((role) => role.users),
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
    directory: {
      lookUp: async (user) => people.get(user)?.facts ?? (users.has(user) ? aMember(user) : undefined),
      members: async (group) =>
        new Set([...people].filter(([, { groups }]) => groups.includes(group)).map(([user]) => user)),
      identities: async ({ person }) => people.get(person.user)?.identities ?? NOBODY_ELSEWHERE,
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
  };
};

const aMember = (user: string): PersonFacts => ({
  person: { team: "", user },
  name: user,
  standing: "member",
  timezone: undefined,
});

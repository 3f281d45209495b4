/** Everybody there is, and which accounts belong to one human. */

import { type Directory, type LinkedPerson, type PersonFacts, personKey, withWhomTheyShare } from "../access/person.ts";
import type { Policy } from "../policy/policy.ts";

/** Somebody with all the accounts that are linked to theirs, directly or by way of others. */
export interface Human extends LinkedPerson {
  readonly user: string;
  /** The same number for all accounts of one human. */
  readonly human: number;
  readonly accounts: number;
}

/** Of all that are listed, and all whom the policy names. Throws a `Fault` when somebody can't be asked about. */
export const allHumans = async (
  policy: Policy,
  people: readonly string[],
  directory: Directory,
): Promise<readonly Human[]> => linkedPeople(await allUsers(policy, people, directory), directory);

const linkedPeople = async (users: readonly string[], directory: Directory): Promise<readonly Human[]> => {
  const facts = await Promise.all(users.map(directory.lookUp));
  const linked = await Promise.all(
    facts
      .filter((each): each is PersonFacts => each !== undefined)
      .map(async (each) => ({
        user: each.person.user,
        person: each.person,
        identities: await directory.identities(each),
      })),
  );
  const known = linked.map(({ person, identities }) => [personKey(person), ...identities.known]);
  const humans = known.map((mine) => {
    const ours = new Set(withWhomTheyShare(mine, known));
    return known.findIndex((theirs) => theirs.some((each) => ours.has(each)));
  });
  return linked.map((each, index) => {
    const human = humans[index] ?? index;
    return { ...each, human, accounts: humans.filter((other) => other === human).length };
  });
};

const allUsers = async (
  policy: Policy,
  people: readonly string[],
  directory: Directory,
): Promise<readonly string[]> => {
  const roles = [...policy.roles.values()];
  const named = await Promise.all([
    ...roles
      .flatMap(({ groups }) => groups)
      .map(async (group) => (await directory.members(group)) ?? new Set<string>()),
    ...roles
      .flatMap(({ schedules }) => schedules)
      .map(async (each) => (await directory.onCall(each)) ?? new Set<string>()),
  ]);
  const users = new Set([...people, ...roles.flatMap((role) => role.users), ...named.flatMap((each) => [...each])]);
  const managers = roles.some(({ manager }) => manager) ? await Promise.all([...users].map(directory.manager)) : [];
  return [...new Set([...users, ...managers.filter((user) => user !== undefined)])].toSorted();
};

/** A directory that asks everything once, for looking at one moment from many sides. */

import { type Directory, personKey, scheduleKey } from "../access/person.ts";

export const rememberedDirectory = (directory: Directory): Directory => ({
  lookUp: once(directory.lookUp, (user) => user),
  members: once(directory.members, (group) => group),
  identities: once(directory.identities, ({ person }) => personKey(person)),
  manager: once(directory.manager, (user) => user),
  onCall: once(directory.onCall, scheduleKey),
});

const once = <Asked, Told>(
  ask: (asked: Asked) => Promise<Told>,
  keyOf: (asked: Asked) => string,
): ((asked: Asked) => Promise<Told>) => {
  const told = new Map<string, Promise<Told>>();
  return (asked) => {
    const key = keyOf(asked);
    const answer = told.get(key) ?? ask(asked);
    told.set(key, answer);
    return answer;
  };
};

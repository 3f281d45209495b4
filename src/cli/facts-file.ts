/** The `facts:` part of a file of cases: what is so in the world of the file. */

import { ACTIVITIES, type Activity, AUTHORITIES, type AuthorityName } from "../access/authority.ts";
import { isZone } from "../access/duration.ts";
import type { Machine, MachineId } from "../access/machine.ts";
import { nearMiss } from "../access/near-miss.ts";
import type { Elsewhere, PersonFacts } from "../access/person.ts";
import { scheduleKey } from "../access/person.ts";
import { readIdentities } from "../identity/read-identities.ts";
import type { AuthorityAnswer } from "../policy/authority.ts";
import type { Policy } from "../policy/policy.ts";
import { type Form, instead, isThere, type Part, quoted } from "./yaml-form.ts";

export interface WrittenFacts {
  /** By Slack id. */
  readonly people: ReadonlyMap<string, WrittenPerson>;
  /** Schedule → Slack ids; one that isn't in it doesn't say. */
  readonly onCall: ReadonlyMap<string, readonly string[]>;
  readonly machines: readonly Machine[];
  readonly authorities: ReadonlyMap<AuthorityName, (user: string, activity: Activity) => AuthorityAnswer>;
}

export const NO_FACTS: WrittenFacts = {
  people: new Map(),
  onCall: new Map(),
  machines: [],
  authorities: new Map(),
};

export interface WrittenPerson {
  readonly facts: PersonFacts;
  readonly groups: readonly string[];
  readonly manager: string | undefined;
  readonly identities: Elsewhere;
}

/** Complains of every mistake to the form. What the policy names is known beside what the facts name. */
export const readFacts = (form: Form, part: Part, policy: Policy): WrittenFacts => {
  const fields = form.fields(part, "facts", ["people", "onCall", "machines", "authorities"]);
  const known = knownTo(policy);
  const people = form.entries(fields.people, "people by Slack id").map(([user, each]) => {
    if (!USER.test(user)) form.complainOfName(each, `${quoted(user)} is no Slack user's id, which begins with U or W`);
    return [user, readPerson(form, user, each, known)] as const;
  });
  const users = new Set([...people.map(([user]) => user), ...known.users]);
  const names = new Map(people.map(([user, { facts }]) => [`@${facts.name}`, user]));
  const userOf = (item: Part): string => userIn(form, item, users, names) ?? "";
  return {
    people: new Map(
      people.map(([user, { managerAt, ...person }]) => [
        user,
        { ...person, manager: isThere(managerAt) ? userOf(managerAt) : undefined },
      ]),
    ),
    onCall: new Map(
      form
        .entries(fields.onCall, "people by schedule, like { pagerduty:PSCHED1: [U0LEAD1] }")
        .map(([schedule, each]) => {
          if (!/^(?:pagerduty|opsgenie):\S+$/u.test(schedule))
            form.complainOfName(each, `${quoted(schedule)} is no schedule; write one like pagerduty:PSCHED1`);
          else complainIfNear(form, each, "schedule", schedule, known.schedules);
          return [schedule, form.items(each).map(userOf)];
        }),
    ),
    machines: form.entries(fields.machines, "machines by name").map(([name, each]) => readMachine(form, name, each)),
    authorities: new Map(
      form.entries(fields.authorities, "authorities").flatMap(([name, each]) => {
        const authority = AUTHORITIES.find((other) => other === name);
        if (authority === undefined) {
          form.complainOfName(each, `${quoted(name)} is no authority; ${instead(name, AUTHORITIES, "there are")}`);
          return [];
        }
        return [[authority, readAnswers(form, each, userOf)] as const];
      }),
    ),
  };
};

/** The id that a part names somebody by, who is among `users` or has a name; complains otherwise. */
export const userIn = (
  form: Form,
  part: Part,
  users: ReadonlySet<string>,
  names: ReadonlyMap<string, string>,
): string | undefined => {
  const typed = form.text(part, "a person, by Slack id or @name");
  if (typed === undefined) return undefined;
  const user = users.has(typed) ? typed : names.get(typed);
  if (user === undefined)
    form.complain(
      part,
      `nobody is called ${quoted(typed)}; ${instead(typed, [...users, ...names.keys()], "there are")}`,
    );
  return user;
};

const USER = /^[UW][A-Z0-9]+$/u;

interface Known {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly schedules: readonly string[];
}

const knownTo = ({ roles }: Policy): Known => {
  const all = [...roles.values()];
  return {
    users: all.flatMap((role) => role.users),
    groups: all.flatMap((role) => role.groups),
    schedules: all.flatMap((role) => role.schedules.map(scheduleKey)),
  };
};

/** Facts may tell more than this policy asks for; a slip of the pen is another thing. */
const complainIfNear = (form: Form, part: Part, what: string, name: string, known: readonly string[]): void => {
  const guess = known.includes(name) ? undefined : nearMiss(name, known);
  if (guess !== undefined) form.complain(part, `the policy names no ${what} ${quoted(name)}; did you mean ${guess}?`);
};

const STANDINGS: readonly PersonFacts["standing"][] = ["member", "guest", "outsider", "bot", "deactivated"];

const readPerson = (form: Form, user: string, part: Part, known: Known) => {
  const fields = form.fields(part, "what is known of a person", [
    "name",
    "standing",
    "groups",
    "manager",
    "timezone",
    "entra",
    "aws",
  ]);
  const groups = form.items(fields.groups).flatMap((each) => {
    const group = form.text(each, "a user group's id");
    if (group !== undefined) complainIfNear(form, each, "user group", group, known.groups);
    return group ?? [];
  });
  const timezone = optionalText(form, fields.timezone, "a time zone");
  if (timezone !== undefined && !isZone(timezone))
    form.complain(fields.timezone, `${quoted(timezone)} is not a time zone; write one like Europe/Berlin`);
  return {
    facts: {
      person: { team: "", user },
      name: optionalText(form, fields.name, "a name")?.replace(/^@/u, "") ?? user,
      standing: isThere(fields.standing)
        ? (form.oneOf(fields.standing, "a standing", STANDINGS) ?? "member")
        : ("member" as const),
      timezone,
    },
    groups,
    managerAt: fields.manager,
    identities: readWho(form, fields.entra, fields.aws),
  };
};

const readWho = (form: Form, entra: Part, aws: Part): Elsewhere => {
  const read = readIdentities({ entra: optionalText(form, entra, "an object id of Entra ID") });
  if (isThere(entra) && read.entra === undefined)
    form.complain(entra, `${quoted(entra.value)} is no object id; write one like 11111111-2222-3333-4444-555555555555`);
  const arns = form.items(aws).flatMap((each) => {
    const found = readIdentities({ aws: [form.text(each, "an ARN")] }).aws;
    if (found.length === 0)
      form.complain(
        each,
        `${quoted(each.value)} is no ARN of an IAM user or role, like arn:aws:iam::111122223333:user/dev1`,
      );
    return found;
  });
  return { entra: read.entra, aws: arns };
};

const optionalText = (form: Form, part: Part, what: string): string | undefined =>
  isThere(part) ? form.text(part, what) : undefined;

const readMachine = (form: Form, name: string, part: Part): Machine => {
  const fields = form.fields(part, "what is known of a machine, like { cloud: azure }", [
    "cloud",
    "id",
    "account",
    "region",
    "os",
    "tags",
  ]);
  const cloud = form.oneOf(fields.cloud, "a cloud", ["azure", "aws"]) ?? "azure";
  const tags = form
    .entries(fields.tags, "tags, like { env: prod }")
    .map(([tag, value]) => [
      tag,
      typeof value.value === "string" ? value.value : (form.text(value, "a tag's value") ?? ""),
    ]);
  return {
    cloud,
    id: (optionalText(form, fields.id, "an id") ?? name).toLowerCase() as MachineId,
    name,
    account: optionalText(form, fields.account, "an account") ?? "",
    region: optionalText(form, fields.region, "a region") ?? "",
    tags: Object.fromEntries(tags),
    os: isThere(fields.os)
      ? (form.oneOf(fields.os, "a system", ["linux", "windows", "unknown"]) ?? "unknown")
      : "unknown",
    power: "running",
    interfaces: [],
  };
};

const YES: AuthorityAnswer = { kind: "yes" };
const NO: AuthorityAnswer = { kind: "no", because: { kind: "not-given", actions: [] } };

/** `yes` for everybody; by person `yes`, `no`, or by activity. Whoever isn't named has no. */
const readAnswers = (form: Form, part: Part, userOf: (part: Part) => string) => {
  const answer = (each: Part): AuthorityAnswer => (form.oneOf(each, "an answer", ["yes", "no"]) === "yes" ? YES : NO);
  if (typeof part.value === "string") {
    const same = answer(part);
    return (): AuthorityAnswer => same;
  }
  const byUser = new Map(
    form.entries(part, "yes, no, or answers by person").map(([name, each]) => {
      const user = userOf({ value: name, path: each.path });
      if (typeof each.value === "string") {
        const same = answer(each);
        return [user, () => same] as const;
      }
      const fields = form.fields(each, "yes, no, or answers like { request: yes }", ACTIVITIES);
      const byActivity = new Map(
        ACTIVITIES.map((activity) => [activity, isThere(fields[activity]) ? answer(fields[activity]) : NO]),
      );
      return [user, (activity: Activity) => byActivity.get(activity) ?? NO] as const;
    }),
  );
  return (user: string, activity: Activity): AuthorityAnswer => byUser.get(user)?.(activity) ?? NO;
};

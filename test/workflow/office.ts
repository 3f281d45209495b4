/** People with roles, machines behind firewalls, a policy and memory: all that the workflow needs. */

import { Fault } from "../../src/access/fault.ts";
import { type GrantId, protectionIdOf, type RequestId } from "../../src/access/identifier.ts";
import type { FirewallId, Machine } from "../../src/access/machine.ts";
import { type Directory, type Elsewhere, type PersonFacts, scheduleKey } from "../../src/access/person.ts";
import type { DurationMs } from "../../src/access/time.ts";
import type { AuditEvent, AuditEventKind } from "../../src/audit/event.ts";
import type { Machines } from "../../src/cloud/machines.ts";
import type { Grant } from "../../src/grants/grant.ts";
import type { Ledger } from "../../src/grants/ledger.ts";
import type { Protection } from "../../src/grants/protection.ts";
import type { AccessRequest } from "../../src/grants/request.ts";
import { identitiesFrom } from "../../src/identity/known.ts";
import type { Policy, Rule } from "../../src/policy/policy.ts";
import { createEndEarly } from "../../src/workflow/end-early.ts";
import { createExtendGrant } from "../../src/workflow/extend-grant.ts";
import { createListMine } from "../../src/workflow/list-mine.ts";
import { createLookAtRequest } from "../../src/workflow/look-at-request.ts";
import { createFollowMachines } from "../../src/workflow/protecting/follow-machines.ts";
import { createOverruleUndercut } from "../../src/workflow/protecting/overrule.ts";
import { createProtectByPolicy } from "../../src/workflow/protecting/protect-by-policy.ts";
import { createProtectMachine } from "../../src/workflow/protecting/protect-machine.ts";
import { createUnprotectMachine } from "../../src/workflow/protecting/unprotect-machine.ts";
import { createRecheck } from "../../src/workflow/recheck.ts";
import { createRecordRefusal } from "../../src/workflow/record-refusal.ts";
import { createReviewBreakGlass } from "../../src/workflow/review-break-glass.ts";
import { createReviewRequest } from "../../src/workflow/review-request.ts";
import { createShownPeople } from "../../src/workflow/shown-people.ts";
import { createExplainWhy } from "../../src/workflow/standing-of-machines/explain-why.ts";
import { type Ask, createSubmitRequest } from "../../src/workflow/submit-request.ts";
import { NOW } from "../contracts/samples.ts";
import { createFakeAuthorities } from "../fakes/fake-authorities.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { createMemoryFirewall, type MemoryFirewall } from "../fakes/memory-firewall.ts";
import { createMemoryLedger } from "../fakes/memory-ledger.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";
import type { Outage } from "../fakes/outage.ts";
import { aPolicy, aRole, aRule } from "../policy/example-rule.ts";
import { machineBehind, machinesFrom } from "../reconcile/world.ts";

export const NSG = "azure-nsg:/nsg-prod" as FirewallId;
export const SUBNET_NSG = "azure-nsg:/nsg-subnet" as FirewallId;

export const DEV = "U0DEV1";
export const LEAD = "U0LEAD1";
export const OTHER_LEAD = "U0LEAD2";
export const SECURITY = "U0SEC1";
export const STRANGER = "U0NOBODY";

export const anAsk = (changes: Partial<Ask> = {}): Ask => ({
  services: ["ssh"],
  machine: "prod-vm-3",
  end: "2h",
  from: [],
  because: "INC-1042 disk full",
  ...changes,
});

export const personFacts = (user: string, changes: Partial<PersonFacts> = {}): PersonFacts => ({
  person: { team: "T0ACME", user },
  name: user,
  standing: "member",
  timezone: "Europe/Berlin",
  ...changes,
});

export const createOffice = async (
  rule: Partial<Rule> = {},
  machines: readonly Machine[] = [machineBehind([NSG, SUBNET_NSG])],
) => {
  const clock = createManualClock(NOW);
  const outage: Outage = { away: false };
  const [firewalls, requests] = [createMemoryWakeups({ outage }), createMemoryWakeups({ outage })];
  const memory = createMemoryLedger({
    // Whoever is woken looks at once: what it is to open must be stored by then.
    firewalls: {
      ...firewalls,
      wake: async (id, at) => {
        const stored = [...memory.grants(), ...memory.protections()].some(
          (each) =>
            each.targets.some(({ firewall }) => firewall === id) ||
            ("leaving" in each && each.leaving.some((firewall) => firewall === id)),
        );
        if (!stored) throw new Error(`${id} is to be looked at, and nothing is stored for it`);
        await firewalls.wake(id, at);
      },
    },
    requests,
    outage,
  });
  const { auditLog } = memory;
  let writesLeft = Number.POSITIVE_INFINITY;
  const ledger: Ledger = {
    ...memory.ledger,
    commit: async (write) => {
      const done = await memory.ledger.commit(write);
      writesLeft -= done ? 1 : 0;
      if (writesLeft === 0) throw new Error("died");
      return done;
    },
  };
  const people = new Map(
    [DEV, "U0DEV2", LEAD, OTHER_LEAD, SECURITY, STRANGER].map((user) => [user, personFacts(user)]),
  );
  const slack = { away: false, profilesAway: false };
  const asked = async (): Promise<void> => {
    if (slack.away) throw new Fault("slack", "slack is away", { retry: "later" });
  };
  const groups = new Map([["S0ENG", new Set(["U0DEV2"])]]);
  const identities = new Map<string, Elsewhere>();
  const managers = new Map<string, string>();
  /** `scheduleKey` → who is on call; one that isn't in it doesn't say. */
  const onCall = new Map<string, ReadonlySet<string>>();
  const lookedUp: string[] = [];
  const directory: Directory = {
    lookUp: async (user) => {
      lookedUp.push(user);
      await asked();
      return people.get(user);
    },
    members: async (group) => {
      lookedUp.push(group);
      await asked();
      return groups.get(group);
    },
    identities: async ({ person: { user } }) => {
      lookedUp.push(`identities of ${user}`);
      await asked();
      if (slack.profilesAway) throw new Fault("slack", "profiles are away", { retry: "later" });
      return identitiesFrom([identities.get(user) ?? {}], new Map());
    },
    manager: async (user) => {
      lookedUp.push(`manager of ${user}`);
      await asked();
      return managers.get(user);
    },
    onCall: async (schedule) => {
      lookedUp.push(scheduleKey(schedule));
      return onCall.get(scheduleKey(schedule));
    },
  };
  /** Of the access channel; `undefined`: it can't be read. */
  const readers: { there: ReadonlySet<string> | undefined; ofSecurity: boolean } = {
    there: new Set(people.keys()),
    ofSecurity: true,
  };
  const authorities = createFakeAuthorities();
  let policy: Policy | undefined = aPolicy(aRule(rule));
  const withSecurity = (given: Policy): Policy => ({
    ...given,
    roles: new Map([...given.roles, ["security", aRole({ name: "security", users: [SECURITY] })]]),
  });
  const firewallsById = new Map<FirewallId, MemoryFirewall>();
  const firewall = (id: FirewallId): MemoryFirewall => {
    const made =
      firewallsById.get(id) ?? createMemoryFirewall({ id, ruleHolds: id.startsWith("aws-") ? "hole" : "grant" });
    firewallsById.set(id, made);
    return made;
  };
  let count = 0;
  /** What is there, and whether it can't be read. */
  const cloud = { machines, away: false };
  const read = (): readonly Machine[] => {
    if (cloud.away) throw new Fault("azure", "no answer", { retry: "later" });
    return cloud.machines;
  };
  let found = await machinesFrom(read, clock);
  const hidden = new Set<string>();
  const deps = {
    ledger,
    auditLog,
    directory,
    clock,
    machines: {
      refresh: (signal: AbortSignal) => found.refresh(signal),
      readWithin: (...wanted: Parameters<Machines["readWithin"]>) => found.readWithin(...wanted),
      readings: () => found.readings(),
      isComplete: () => found.isComplete(),
      find: (text: string) => found.find(text),
      byId: (id: Machine["id"]) => found.byId(id),
      behind: (id: FirewallId) => found.behind(id),
      all: () => found.all(),
    },
    openFirewall: firewall,
    policy: () => (policy === undefined ? undefined : withSecurity(policy)),
    securityRoles: () => ["security"],
    zone: () => "Europe/Berlin",
    authorities: authorities.connected,
    shownPeople: createShownPeople({ directory, clock }),
    authorityTimeoutMs: () => 30 as DurationMs,
    authorityFailed: authorities.failed,
    channelMembers: async () => {
      await asked();
      return readers.there;
    },
    hasSecurityChannel: () => readers.ofSecurity,
    newId: () => {
      count += 1;
      return `r${String(count).padStart(7, "2")}`;
    },
  };
  const submitRequest = createSubmitRequest(deps);
  const protectMachine = createProtectMachine(deps);
  const submit = async (ask: Partial<Ask> = {}, user = DEV): Promise<AccessRequest> => {
    const outcome = await submitRequest(anAsk(ask), user);
    if ("refusals" in outcome) throw new Error(`refused: ${JSON.stringify(outcome.refusals)}`);
    if ("kind" in outcome) throw new Error("it needs an address");
    return outcome;
  };
  return {
    clock,
    outage,
    slack,
    cloud,
    people,
    groups,
    identities,
    readers,
    managers,
    onCall,
    /** What the directory was asked, each time. */
    lookedUp,
    authorities,
    ledger,
    memory,
    firewalls,
    requests,
    submitRequest,
    submit,
    /** The process dies right after this many writes more. */
    dieAfter: (writes: number) => {
      writesLeft = writes;
    },
    /** Codes of the refusals; empty when it was stored. */
    refusalsOf: async (ask: Partial<Ask>, user = DEV): Promise<readonly string[]> => {
      const outcome = await submitRequest(anAsk(ask), user);
      return "refusals" in outcome ? outcome.refusals.map(({ code }) => code) : [];
    },
    ...createReviewRequest(deps),
    deps,
    /** In memory; other people's rules go into `state.allows`. */
    firewall,
    protectMachine,
    unprotect: createUnprotectMachine(deps),
    undercut: createOverruleUndercut(deps, protectMachine),
    protectByPolicy: createProtectByPolicy(deps),
    followMachines: createFollowMachines({ ...deps, isGone: async ({ id }) => !hidden.has(id) }),
    protection: async (machine: Machine = machineBehind([])): Promise<Protection> => {
      const protection = await ledger.protection(protectionIdOf(machine.id));
      if (protection === undefined) throw new Error(`${machine.name} was never protected`);
      return protection;
    },
    endEarly: createEndEarly(deps),
    extendGrant: createExtendGrant(deps),
    reviewBreakGlass: createReviewBreakGlass(deps),
    recheck: createRecheck(deps),
    explainWhy: createExplainWhy({ ...deps, readRules: async () => new Map() }),
    listMine: createListMine(deps),
    lookAtRequest: createLookAtRequest({ ...deps, checkOpened: async () => undefined }),
    recordRefusal: createRecordRefusal(deps),
    setPolicy: (next: Policy | undefined) => {
      policy = next;
    },
    setRule: (next: Partial<Rule>) => {
      policy = aPolicy(aRule({ ...rule, ...next }));
    },
    /** Exists, though lists leave it out. */
    hide: (id: Machine["id"]) => hidden.add(id),
    setMachines: async (...next: readonly Machine[]) => {
      cloud.machines = next;
      found = await machinesFrom(read, clock);
    },
    request: async (id: RequestId): Promise<AccessRequest> => {
      const request = await ledger.request(id);
      if (request === undefined) throw new Error(`no request ${id}`);
      return request;
    },
    grantOf: (id: RequestId): Promise<Grant | undefined> => ledger.grant(id as string as GrantId),
    /** What happened, but for what only says what was known when. */
    told: (): readonly string[] =>
      memory
        .log()
        .map(({ kind }) => kind)
        .filter((kind) => kind !== "request.judged"),
    judged: () => memory.log().filter((event) => event.kind === "request.judged"),
    eventsOf: <K extends AuditEventKind>(kind: K) =>
      memory.log().filter((event): event is Extract<AuditEvent, { kind: K }> => event.kind === kind),
    lastEvent: (): AuditEvent | undefined => memory.log().at(-1),
  };
};

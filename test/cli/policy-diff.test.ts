import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { DateTime } from "luxon";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { createRedisAuditLog } from "../../src/redis/audit-log.ts";
import { keyPrefixOf } from "../../src/redis/keys.ts";
import { useRealRedis } from "../redis/real-redis.ts";
import { fixture, folderWith, latch } from "./run-latch.ts";

const BEFORE = fixture("before.yaml");
const AFTER = fixture("after.yaml");

interface PastAsk {
  readonly user: string;
  readonly group: "S0ENG" | "S0CON" | "S0NONE";
  readonly machine: string;
  readonly service: "ssh" | "rdp";
  readonly hours: number;
  readonly source: string;
  /** On the wall clock in Berlin. */
  readonly at: string;
}

/** Every combination that the two policies tell apart, 108 of them. */
const asks: readonly PastAsk[] = [
  ["U0DEV1", "S0ENG"] as const,
  ["U0CON1", "S0CON"] as const,
  ["U0OUT1", "S0NONE"] as const,
].flatMap(([user, group]) =>
  ["prod-web-1", "prod-db-1", "dev-1"].flatMap((machine) =>
    (["ssh", "rdp"] as const).flatMap((service) =>
      [1, 3].flatMap((hours) =>
        ["198.51.100.7/32", "203.0.113.9/32", "192.0.2.1/32"].map((source, index) => ({
          user,
          group,
          machine,
          service,
          hours,
          source,
          // Half of them on a working day, the others in the night to a Sunday.
          at: `2026-11-${(hours + index) % 2 === 0 ? "20T10" : "22T03"}:0${index}`,
        })),
      ),
    ),
  ),
);

const judged = ({ user, group, machine, service, hours, source, at }: PastAsk, index: number) => ({
  id: `request.judged/${index}`,
  at: DateTime.fromISO(at, { zone: "Europe/Berlin" }).toMillis() + index,
  actor: { kind: "person", person: { team: "T0ACME", user } },
  kind: "request.judged",
  requester: { team: "T0ACME", user },
  requestId: undefined,
  asked: {
    machine: { name: machine, cloud: "aws", account: "111122223333", region: "eu-west-1", os: "linux", tags: {} },
    services: [{ name: service, ports: [{ port: service === "ssh" ? 22 : 3389, protocol: "tcp" }] }],
    sources: [source],
    durationMs: hours * 3_600_000,
    justification: "",
    breakGlass: false,
    groups: [group],
    onCall: {},
    lookedUp: ["S0ENG", "S0CON"],
    approvers: { leads: ["U0LEAD1", "U0LEAD2"] },
    away: [],
    usage: { ofPerson: 0, onMachine: 0, asksAt: [] },
  },
  outcome: "deny",
  rule: "production",
  codes: [],
});

const VPN = "198.51.100.7/32";
const OFFICE = "203.0.113.9/32";

/** What the two files say, read by a person: words for the end of an ask, reasons in order of the alphabet. */
const endBefore = ({ group, machine, service, hours, source }: PastAsk): string => {
  const no: string[] = [];
  if (machine === "dev-1") {
    if (service === "rdp") no.push("port-not-offered");
    if (group !== "S0ENG") no.push("not-eligible");
    return no.length === 0 ? "allow" : `deny ${no.toSorted().join(" ")}`;
  }
  if (group === "S0NONE") no.push("not-eligible");
  if (service === "rdp" && hours > 1) no.push("duration-too-long");
  if (!(source === VPN || (source === OFFICE && service === "ssh"))) no.push("source-not-allowed");
  return no.length === 0 ? "needs-approval by 1 of leads" : `deny ${no.toSorted().join(" ")}`;
};

const endAfter = ({ group, machine, service, hours, source, at }: PastAsk): string => {
  const no: string[] = [];
  if (group === "S0CON" && service === "rdp") return "deny denied-by-policy";
  if (machine === "dev-1") {
    if (service === "rdp") no.push("port-not-offered");
    if (group !== "S0ENG") no.push("not-eligible");
    if (at.startsWith("2026-11-22")) no.push("outside-hours");
    return no.length === 0 ? "allow" : `deny ${no.toSorted().join(" ")}`;
  }
  if (machine === "prod-db-1") {
    if (group !== "S0ENG") no.push("not-eligible");
    if (service === "rdp") no.push("port-not-offered");
    if (source !== VPN) no.push("source-not-allowed");
    return no.length === 0 ? "needs-approval by 1 of leads, then 1 of security" : `deny ${no.toSorted().join(" ")}`;
  }
  if (group === "S0NONE") no.push("not-eligible");
  if (hours > (service === "ssh" ? 2 : 1)) no.push("duration-too-long");
  if (!(source === VPN || (source === OFFICE && service === "ssh"))) no.push("source-not-allowed");
  return no.length === 0 ? "needs-approval by 1 of leads" : `deny ${no.toSorted().join(" ")}`;
};

/** The blocks that the program prints for asks, with only the codes of its words. */
const printedChanges = (out: string): readonly string[] =>
  [...out.matchAll(/^(\S.*? {2}U\S+ {2}.*)\n {2}(.*)$/gmu)].map(([, ask = "", ends = ""]) => {
    const codesOnly = ends.replace(
      /deny: ([^→]*?)(?= →|$)/gu,
      (_, list: string) => `deny ${[...list.matchAll(/\(([a-z-]+)\)/gu)].map(([, code]) => code).join(" ")}`,
    );
    return `${ask}\n${codesOnly}`;
  });

const expectedChanges = asks
  .filter((ask) => endBefore(ask) !== endAfter(ask))
  .map((ask) => {
    const day = DateTime.fromISO(ask.at).toFormat("ccc d LLL yyyy HH:mm");
    const source = ask.source.replace("/32", "");
    return `${day}  ${ask.user}  ${ask.service} ${ask.machine} ${ask.hours}h from ${source}\n${endBefore(ask)} → ${endAfter(ask)}`;
  });

const first: PastAsk = {
  user: "U0DEV1",
  group: "S0ENG",
  machine: "prod-web-1",
  service: "ssh",
  hours: 3,
  source: VPN,
  at: "2026-11-20T10:00",
};

const withAuthorities = (authorities: string): string => `
installation: acme
clouds: { azure: { subscriptions: [00000000-0000-0000-0000-000000000001] } }
channel: C0ACCESS
roles: { engineers: { groups: [S0ENG] }, leads: { users: [U0LEAD1] } }
rules:
  - name: production
    match: { clouds: azure }
    ports: { ssh: { maximum: 3h } }
    sources: anywhere
    request: engineers
    authorities: ${authorities}
    approve: { by: leads }
`;

const log = asks.map((ask, index) => JSON.stringify(judged(ask, index))).join("\n");

describe("policy diff", () => {
  test("prints exactly the past asks that would end differently", async () => {
    expect([asks.length, expectedChanges.length]).toEqual([108, 71]);
    const folder = await folderWith({ "log.jsonl": log });
    const { code, out, err } = await latch([
      "policy",
      "diff",
      BEFORE,
      AFTER,
      "--days",
      "36500",
      "--log",
      join(folder, "log.jsonl"),
    ]);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toContain(`${expectedChanges.length} of 108 asks`);
    expect(printedChanges(out).toSorted()).toEqual(expectedChanges.toSorted());
  });

  test("says of the same policy twice that nothing changes", async () => {
    const args = ["policy", "diff", BEFORE, BEFORE, "--days", "36500", "--log", "-"];
    const { code, out } = await latch(args, { input: log });
    expect(code).toBe(0);
    expect(out).toContain("Nothing changes: all asks of the last 36500 days (108)");
    expect(printedChanges(out)).toEqual([]);
  });

  test("looks only as far back as it is told, and passes over what is no ask", async () => {
    const recent = { ...judged({ ...first, at: "2026-11-20T10:00" }, 0), at: Date.now() - 86_400_000 };
    const old = { ...recent, id: "request.judged/old", at: Date.now() - 40 * 86_400_000 };
    const lines = [
      "starting up",
      JSON.stringify(old),
      JSON.stringify({ id: "bot.started/1", kind: "bot.started", at: 1 }),
      // Containers' logs say when and where a line came from, and a line may come twice.
      `2026-11-23T10:00:00Z stdout F ${JSON.stringify(recent)}`,
      JSON.stringify(recent),
      '{"kind":"request.judged","cut":',
    ].join("\n");
    const args = ["policy", "diff", BEFORE, AFTER, "--log", "-"];
    const { code, out, err } = await latch(args, { input: lines });
    expect(code).toBe(0);
    expect(out).toContain("1 of 1 ask of the last 30 days");
    expect(err).toContain("1 ask couldn't be read and doesn't count here (line 6)");
    expect((await latch([...args, "--days", "50"], { input: lines })).out).toContain("2 of 2 asks of the last 50 days");
  });

  /** Asks of one person for a machine in Azure, by what its roles said then. */
  const azureLog = (answers: readonly (Readonly<Record<string, string>> | undefined)[]): string =>
    answers
      .map((authorities, index) => {
        const event = judged({ ...first, machine: "prod-1", hours: 1 }, index);
        const asked = { ...event.asked, machine: { ...event.asked.machine, cloud: "azure" }, authorities };
        const codes = Object.values(authorities ?? {}).filter((answer) => answer !== "yes");
        return JSON.stringify({ ...event, asked, codes });
      })
      .join("\n");
  const azureFiles = () =>
    folderWith({
      "roles.yaml": withAuthorities("[policy, azure-roles]"),
      "policy.yaml": withAuthorities("policy"),
      "more.yaml": withAuthorities("azure-roles").replace("groups: [S0ENG]", "groups: [S0ENG, S0NEW]"),
    });

  test("what the clouds' roles said counts again, whichever file asks them", async () => {
    const folder = await azureFiles();
    const input = azureLog([{ "azure-roles": "authority-no" }, { "azure-roles": "yes" }]);
    const diff = (from: string, to: string) =>
      latch(["policy", "diff", from, to, "--days", "36500", "--log", "-"], { input, cwd: folder });

    const same = await diff("roles.yaml", "roles.yaml");
    expect(same.out).toContain("Nothing changes: all asks of the last 36500 days (2)");
    expect(same.out).not.toContain("on record");
    const without = await diff("roles.yaml", "policy.yaml");
    expect(printedChanges(without.out).map((each) => each.split("\n")[1])).toEqual([
      "deny authority-no → needs-approval by 1 of leads",
    ]);
    const back = await diff("policy.yaml", "roles.yaml");
    expect(printedChanges(back.out).map((each) => each.split("\n")[1])).toEqual([
      "needs-approval by 1 of leads → deny authority-no",
    ]);
    expect(back.out).not.toContain("on record");
    const group = await diff("roles.yaml", "more.yaml");
    expect(group.out).toContain("Nothing changes");
    expect(group.out).toContain("2 × user group S0NEW");
  });

  test("an authority that nobody asked then makes a difference of its own, and is never said to have said no", async () => {
    const folder = await azureFiles();
    // One that a rule without authorities decided, and one that is older than such records.
    for (const answers of [{}, undefined]) {
      const diff = (from: string, to: string) =>
        latch(["policy", "diff", from, to, "--days", "36500", "--log", "-"], {
          input: azureLog([answers]),
          cwd: folder,
        });
      const added = (await diff("policy.yaml", "roles.yaml")).out;
      expect(added).not.toContain("Nothing changes");
      expect(added).toContain("0 of 1 ask of the last 36500 days would end differently, and 1 may:");
      expect(printedChanges(added).map((each) => each.split("\n")[1])).toEqual([
        "needs-approval by 1 of leads → needs-approval by 1 of leads, if azure-roles says yes",
      ]);
      expect(added).not.toContain("counted as nobody");
      const same = (await diff("roles.yaml", "roles.yaml")).out;
      expect(same).toContain("Nothing changes: all asks of the last 36500 days (1)");
      expect(same).toMatch(/isn't on record, so counted as a yes:?\n +1 × azure-roles/u);
      expect((await diff("policy.yaml", "policy.yaml")).out).not.toContain("on record");
    }
  });

  test("what an authority said of other actions than it would be asked for isn't an answer", async () => {
    const actions =
      "authorities: { azure-roles: { actions: { request: [Microsoft.Compute/virtualMachines/start/action] } } }";
    const folder = await folderWith({
      "before.yaml": withAuthorities("azure-roles"),
      "after.yaml": `${withAuthorities("azure-roles")}${actions}\n`,
    });
    const input = azureLog([{ "azure-roles": "authority-no" }, { "azure-roles": "yes" }]);
    const args = ["policy", "diff", "before.yaml", "after.yaml", "--days", "36500", "--log", "-"];
    const { out } = await latch(args, { input, cwd: folder });
    expect(printedChanges(out).map((each) => each.split("\n")[1])).toEqual([
      "deny authority-no → needs-approval by 1 of leads, if azure-roles says yes",
      "needs-approval by 1 of leads → needs-approval by 1 of leads, if azure-roles says yes",
    ]);
  });

  test("what was refused after policy had said yes still is, unless policy says no now", async () => {
    const again = { ...judged({ ...first, at: "2026-11-20T10:00" }, 0), outcome: "deny", codes: ["already-asked"] };
    const input = JSON.stringify(again);
    const args = (next: string) => ["policy", "diff", BEFORE, next, "--days", "36500", "--log", "-"];
    expect((await latch(args(BEFORE), { input })).out).toContain(
      "Nothing changes: all asks of the last 36500 days (1)",
    );
    const { out } = await latch(args(AFTER), { input });
    expect(printedChanges(out).map((each) => each.split("\n")[1])).toEqual([
      "deny already-asked → deny duration-too-long",
    ]);
  });

  test("a file that is no audit log isn't taken for one without asks", async () => {
    const args = ["policy", "diff", BEFORE, AFTER, "--log", "-"];
    const junk = await latch(args, { input: 'junk\n{"a":1}\n' });
    expect([junk.code, junk.err.trim()]).toEqual([
      1,
      "what came in is no audit log: no line of it is an event of the bot's",
    ]);
    const other = await latch(args, { input: '{"id":"bot.started/1","kind":"bot.started","at":1}\n' });
    expect([other.code, other.err]).toEqual([0, ""]);
    expect(other.out).toContain("The log has no asks of the last 30 days.");
  });

  test("tells apart who could approve from how it ends", async () => {
    const text = await readFile(BEFORE, "utf8");
    const folder = await folderWith({ "after.yaml": text.replace("by: leads", "by: security") });
    const args = ["policy", "diff", BEFORE, join(folder, "after.yaml"), "--days", "36500", "--log", "-"];
    const { out } = await latch(args, { input: log });
    const asked = asks.filter((ask) => endBefore(ask).startsWith("needs-approval")).length;
    expect(out).toContain("Nothing changes: all asks of the last 36500 days (108)");
    expect(out).toContain(`${asked} × 1 of leads (U0LEAD1, U0LEAD2) → 1 of security (U0SEC1)`);
    expect(out).toContain("rule production: approve.by");
  });

  test("a policy with a mistake, or a log that isn't there, is told", async () => {
    const folder = await folderWith({ "bad.yaml": "installation: acme" });
    const bad = await latch(["policy", "diff", BEFORE, join(folder, "bad.yaml"), "--log", "-"]);
    expect([bad.code, bad.out]).toEqual([1, ""]);
    expect(bad.err).toContain("bad.yaml:1:1");
    const none = await latch(["policy", "diff", BEFORE, AFTER, "--log", "/nowhere.jsonl"]);
    expect(none.code).toBe(1);
    expect(none.err).toContain("cannot read /nowhere.jsonl");
  });
});

describe("policy diff over the stored log", () => {
  const redis = useRealRedis();

  test("reads the audit log in Redis, and nothing but the file's own installation", async () => {
    const append = async (installation: string, events: readonly object[]): Promise<void> => {
      const deps = { clock: systemClock, onAppended: () => undefined };
      const auditLog = createRedisAuditLog(redis.redis(), keyPrefixOf(installation), deps);
      for (const event of events) await auditLog.append(event as AuditEvent);
    };
    const mine = `diff-${process.pid}`;
    await append(mine, asks.slice(0, 40).map(judged));
    await append(`${mine}-other`, asks.map(judged));
    const named = (text: string): string => text.replace("installation: acme", `installation: ${mine}`);
    const folder = await folderWith({
      "before.yaml": named(await readFile(BEFORE, "utf8")),
      "after.yaml": named(await readFile(AFTER, "utf8")),
    });
    const args = ["policy", "diff", "before.yaml", "after.yaml", "--days", "36500"];
    const { code, out, err } = await latch(args, { cwd: folder, env: { REDIS_URL: redis.url() } });
    expect([code, err]).toEqual([0, ""]);
    const changed = asks.slice(0, 40).filter((ask) => endBefore(ask) !== endAfter(ask)).length;
    expect(out).toContain(`${changed} of 40 asks`);
    await redis.clear(keyPrefixOf(mine));
  });

  test("without a log it tells how the files differ, and what it would need", async () => {
    const folder = await folderWith({});
    const { code, out } = await latch(["policy", "diff", BEFORE, AFTER], { cwd: folder });
    expect(code).toBe(0);
    expect(out).toContain("rule production: ssh maximum 3h → 2h");
    expect(out).toContain("No past asks to compare");
  });
});

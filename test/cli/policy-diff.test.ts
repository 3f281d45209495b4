import { join } from "node:path";
import { DateTime } from "luxon";
import { describe, expect, test } from "vitest";
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
    expect(out).toContain("Nothing changes: all 108 asks");
    expect(printedChanges(out)).toEqual([]);
  });
});

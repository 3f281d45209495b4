/** The way of one request: a port opens for one person, from one address, for a while, and closes by itself. */

import { expect, test } from "vitest";
import type { AuditEvent } from "../../src/audit/event.ts";
import { echoes } from "../../src/sandbox/network/client.ts";
import { ADDRESSES, CHANNELS, nsgId, PEOPLE, type Stage, setStage } from "./stage.ts";

/** Closed no sooner than its end, as the world shows, and no later than two seconds after it, by what the bot itself saw of the cloud: this machine may be busy meanwhile. */
const closedOnTime = async ({ bots, until }: Stage, closedAt: number): Promise<void> => {
  const of = <K extends AuditEvent["kind"]>(kind: K) =>
    bots[0].events.find((event): event is Extract<AuditEvent, { kind: K }> => event.kind === kind);
  expect(closedAt - (of("request.approved")?.expiresAt ?? Number.NaN)).toBeGreaterThan(-100);
  await until("the end is on record", () => of("grant.ended") !== undefined);
  expect(of("grant.ended")?.lagMs).toBeLessThan(2_000);
};

test.concurrent("a port behind two network security groups opens after an approval and closes on time", async (context) => {
  const stage = await setStage(context);
  const before = ["nsg-prod", "nsg-prod-vm-3"].map((name) => stage.azure.export(nsgId(name)));
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);

  const id = await stage.ask(PEOPLE.dev, "ssh prod-vm-3 1m because INC-1");
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);
  expect(stage.card(id).text).toContain("Needs one of @lead-1, @lead-2");

  await stage.approve(PEOPLE.lead, id);
  await stage.until("the requester is told how to connect", () => stage.direct(PEOPLE.dev).length > 0);
  expect(stage.direct(PEOPLE.dev)[0]).toContain("ssh you@52.178.10.13");
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(true);
  expect(await stage.reaches(ADDRESSES.stranger, "prod-vm-3")).toBe(false);
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3", 3389)).toBe(false);
  await stage.until("the card says that it is open", () => stage.card(id).text.includes("open until"));
  const session = await stage.network.connect({ from: ADDRESSES.vpn, machine: "prod-vm-3", port: 22 });

  await stage.until("the port is closed", async () => !(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")), 70_000);
  await closedOnTime(stage, Date.now());
  await stage.until("the channel is told", () =>
    stage.notices().some((text) => text.includes("SSH to prod-vm-3 · closed") || text.includes("closed")),
  );
  await stage.until("the card says so", () => stage.card(id).text.includes("after its time"));
  expect(session.outcome === "open" && (await echoes(session.socket))).toBe(true);
  expect(["nsg-prod", "nsg-prod-vm-3"].map((name) => stage.azure.export(nsgId(name)))).toEqual(before);
  expect(stage.told(id)).toEqual(["request.submitted", "request.approved", "grant.opened", "grant.ended"]);
}, 120_000);

test.concurrent("a port behind security groups opens after an approval and closes on time", async (context) => {
  const stage = await setStage(context);
  const interfaces = ["eni-0proddb112", "eni-0proddb1112"];
  const before = interfaces.map((id) => stage.ec2.export(id));
  const id = await stage.ask(PEOPLE.dev, "ssh,postgres prod-db-1 1m because INC-2");
  expect(await stage.reaches(ADDRESSES.vpn, "prod-db-1")).toBe(false);

  await stage.approve(PEOPLE.otherLead, id);
  await stage.until("the requester is told how to connect", () => stage.direct(PEOPLE.dev).length > 0);
  expect(await stage.reaches(ADDRESSES.vpn, "prod-db-1")).toBe(true);
  expect(await stage.reaches(ADDRESSES.vpn, "prod-db-1", 5432)).toBe(true);
  expect(await stage.reaches(ADDRESSES.stranger, "prod-db-1")).toBe(false);
  const session = await stage.network.connect({ from: ADDRESSES.vpn, machine: "prod-db-1", port: 22 });

  await stage.until("the port is closed", async () => !(await stage.reaches(ADDRESSES.vpn, "prod-db-1")), 70_000);
  await closedOnTime(stage, Date.now());
  await stage.until("the channel is told", () => stage.notices(CHANNELS.access).length === 1);
  expect(session.outcome === "open" && (await echoes(session.socket))).toBe(true);
  expect(interfaces.map((each) => stage.ec2.export(each))).toEqual(before);
}, 120_000);

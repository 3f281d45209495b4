import { describe, expect, test } from "vitest";
import type { GrantId } from "../../src/access/identifier.ts";
import type { FirewallId, MachineId } from "../../src/access/machine.ts";
import { type DurationMs, type EpochMs, HOUR, later, MINUTE, SECOND } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { factsOf } from "../../src/grants/facts.ts";
import type { Grant } from "../../src/grants/grant.ts";
import type { AccessRequest } from "../../src/grants/request.ts";
import type { Message } from "../../src/notices/notice.ts";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { drawMessage } from "../../src/slack/messages.ts";
import { aGrant, aRequest, LEAD, NOW } from "../contracts/samples.ts";

const END = aGrant().expiresAt;
const facts = { id: "e", at: NOW, actor: { kind: "bot" }, ...factsOf(aGrant()), grantId: aGrant().id } as const;
const opened = (changes: object = {}): AuditEvent => ({
  ...facts,
  kind: "grant.opened",
  expiresAt: END,
  tookMs: SECOND,
  addresses: ["52.178.10.13"],
  isOff: false,
  ...changes,
});

const said = (event: AuditEvent, grant?: Grant, now = NOW, to: Message["to"] = "channel"): string => {
  const drawn = drawMessage({ kind: "message", event, to }, { grant, now, zone: "utc" });
  if (drawn === undefined) throw new Error("nothing said");
  expect(checkBlocks(drawn.blocks, "/blocks", "message")).toEqual([]);
  expect(drawn.text).not.toBe("");
  return drawn.blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n");
};

describe("how to connect", () => {
  test("says when the machine is off, because then nothing answers", () => {
    expect(said(opened({ isOff: true }))).toContain("It is switched off now");
    expect(said(opened())).not.toContain("switched off");
  });

  test("doesn't go on saying open when it has ended", () => {
    const ended = { ...facts, kind: "grant.ended", cause: "revoked", stillOpen: [] } as unknown as AuditEvent;
    expect(said(ended, aGrant({ endedAt: NOW }), NOW, "requester")).toMatch(/^prod-vm-3: your access ended at <!date/u);
  });

  test.each([
    [{ port: 22, protocol: "tcp" }, "52.178.10.13", "`ssh you@52.178.10.13`"],
    [{ port: 3389, protocol: "tcp" }, "52.178.10.13", "`mstsc /v:52.178.10.13`"],
    [{ port: 3389, protocol: "tcp" }, "2001:db8::4", "`mstsc /v:[2001:db8::4]`"],
    [{ port: 5986, protocol: "tcp" }, "52.178.10.13", "-Port 5986 -UseSSL -Credential you`"],
    [{ port: 8080, protocol: "tcp" }, "2001:db8::4", "`[2001:db8::4]:8080`"],
    [{ port: 53, protocol: "udp" }, "52.178.10.13", "`52.178.10.13:53/udp`"],
  ])("%j at %s: %s", (port, address, line) => {
    expect(said(opened({ ports: [port], addresses: [address] }))).toContain(line);
  });

  test.each([
    [22, "`20.50.1.10`, port 50022 (for port 22): `ssh -p 50022 you@20.50.1.10`"],
    [3389, "`mstsc /v:20.50.1.10:50022`"],
    [5986, "-Port 50022 -UseSSL -Credential you`"],
    [8080, "`20.50.1.10:50022` (for port 8080)"],
  ])("is by the mapped port where a firewall translates: %i", (port, line) => {
    const to = { port, protocol: "tcp" } as const;
    const text = said(opened({ ports: [to], mappings: [{ address: "20.50.1.10", port: 50_022, to }] }));
    expect(text).toContain(line);
    expect(text).not.toContain("52.178.10.13");
  });

  test("names every address and port, ten at most, and from where it works", () => {
    const text = said(
      opened({
        ports: [{ port: 22, protocol: "tcp" }],
        addresses: Array.from({ length: 20 }, (_, at) => `52.0.0.${at}`),
      }),
    );
    expect(text.match(/ssh you@/gu)).toHaveLength(10);
    expect(text).toContain("I let you in from 203.0.113.7.");
    expect(text).not.toContain("only");
  });

  test("is still said where no address is known", () => {
    expect(said(opened({ addresses: [] }))).toContain("prod-vm-3 is open for you until");
  });
});

describe("an end", () => {
  const ended = {
    ...facts,
    kind: "grant.ended",
    cause: "expired",
    openedAt: NOW,
    lagMs: 0,
    stillOpen: [],
  } as unknown as AuditEvent;

  test("is said as it is stored: how late, or who keeps the port open", () => {
    expect(said(ended, aGrant({ openedAt: NOW, endedAt: later(END, 1_000 as never) }))).toContain(
      "1 second after its time",
    );
    expect(
      said(
        ended,
        aGrant({ openedAt: NOW, endedAt: END, stillOpen: [{ requester: LEAD, expiresAt: later(END, MINUTE) }] }),
      ),
    ).toContain("stays open");
  });

  test("is said also where nothing is stored any more", () => {
    expect(said(ended)).toMatch(/SSH to prod-vm-3\* · <@U0DEV1>'s access closed <!date/u);
  });

  describe("while another access of the same person keeps the port open", () => {
    const until = later(END, MINUTE);
    const told = (requester: typeof LEAD, now = END) => {
      const event = { ...ended, at: END, stillOpen: [{ requester, expiresAt: until }] } as AuditEvent;
      return drawMessage({ kind: "message", event, to: "requester" }, { now, zone: "utc" });
    };

    test("says until when, and doesn't offer to ask for it again", () => {
      expect(told(facts.requester)?.text).toMatch(
        /^prod-vm-3: your access ended at .+; another of yours is open until .+\.$/u,
      );
      expect(told(facts.requester)?.blocks.some(({ type }) => type === "actions")).toBe(false);
    });

    test("but not of somebody else's, nor of one that is over by then", () => {
      for (const drawn of [told(LEAD), told(facts.requester, until)]) {
        expect(drawn?.text).not.toContain("another of yours");
        expect(drawn?.blocks.some(({ type }) => type === "actions")).toBe(true);
      }
    });
  });

  test("because they moved says where they have it, and not that it is over", () => {
    expect(said({ ...ended, cause: "superseded" } as AuditEvent, undefined, END, "requester")).toBe(
      "You have prod-vm-3 from where you are now; the old address is closed.",
    );
  });

  describe("to come", () => {
    const ending = { ...facts, kind: "grant.ending", expiresAt: END } as AuditEvent;
    const before = later(END, (-10 * MINUTE) as DurationMs);
    const after = later(END, MINUTE);
    const told = (grant: Grant | undefined, now: EpochMs) => {
      const text = said(ending, grant, now, "requester");
      const { blocks } =
        drawMessage({ kind: "message", event: ending, to: "requester" }, { grant, now, zone: "utc" }) ?? {};
      return { text, offersMore: blocks?.some(({ type }) => type === "actions") };
    };

    test("says how much time is left", () => {
      for (const grant of [undefined, aGrant({ openedAt: NOW })])
        expect(told(grant, before)).toEqual({ text: "prod-vm-3 closes for you in 10 minutes.", offersMore: true });
    });

    test.each([
      ["over, as stored", aGrant({ openedAt: NOW, endedAt: END }), /^prod-vm-3 closed for you at <!date[^>]*>\.$/u],
      ["over, and not seen closed yet", aGrant({ openedAt: NOW }), /^prod-vm-3: your access ended at <!date[^>]*>\.$/u],
      ["over, and forgotten", undefined, /^prod-vm-3: your access ended at <!date[^>]*>\.$/u],
      [
        "longer by now",
        aGrant({ openedAt: NOW, expiresAt: later(END, HOUR) }),
        /^prod-vm-3 stays open for you until <!date[^>]*>\.$/u,
      ],
      [
        "moved by now",
        aGrant({ openedAt: NOW, endedAt: NOW, revoked: { kind: "superseded", at: NOW, by: "b" as GrantId } }),
        /^You moved at <!date[^>]*>, so your access to prod-vm-3 from there is over\.$/u,
      ],
    ])("said late, says how it is now, without buttons: %s", (_, grant, text) => {
      expect(told(grant, after)).toEqual({ text: expect.stringMatching(text), offersMore: false });
    });
  });
});

describe("what went wrong", () => {
  test("a failure, a denial and a lapse say why", () => {
    expect(said({ ...facts, kind: "grant.failed", problem: "no room in `nsg`" })).toContain(
      "couldn't be opened.\nno room",
    );
    const by = { kind: "person", person: LEAD } as const;
    expect(said({ ...facts, actor: by, kind: "request.denied", reason: "not <!channel>" })).toMatch(
      /denied by <@U0LEAD1>\.\n“not &lt;/u,
    );
    expect(said({ ...facts, kind: "request.lapsed" })).toContain("nobody answered in time");
  });

  test("a longer access that isn't given takes nothing away, and is said so", () => {
    const by = { kind: "person", person: LEAD } as const;
    const told = (event: AuditEvent, now = NOW) =>
      drawMessage(
        { kind: "message", event, to: "requester" },
        { grant: aGrant({ openedAt: NOW }), request: aRequest({ extends: aGrant().id }), now, zone: "utc" },
      );
    const denied = { ...facts, actor: by, kind: "request.denied", reason: "" } as unknown as AuditEvent;
    const lapsed = { ...facts, kind: "request.lapsed" } as unknown as AuditEvent;
    expect(told(denied)?.text).toContain("SSH to prod-vm-3, longer, was denied by");
    expect(told(lapsed)?.text).toContain("SSH to prod-vm-3, longer, wasn't answered in time.");
    for (const event of [denied, lapsed]) {
      expect(JSON.stringify(told(event)?.blocks)).toContain("It stays open until <!date");
      expect(JSON.stringify(told(event, END)?.blocks)).not.toContain("stays open");
    }
  });

  test("whoever got nothing can ask again at once, but not in a form for what was to be made longer", () => {
    const by = { kind: "person", person: LEAD } as const;
    const denied = { ...facts, actor: by, kind: "request.denied", reason: "" } as const;
    for (const event of [denied, { ...facts, kind: "request.lapsed" } as const]) {
      const actionIds = (request: AccessRequest): readonly unknown[] =>
        (
          drawMessage({ kind: "message", event, to: "requester" }, { now: NOW, zone: "utc", request })?.blocks ?? []
        ).flatMap((block) =>
          (block.type === "actions" ? block.elements : []).map((each) => [
            each.action_id,
            "value" in each && each.value,
          ]),
        );
      expect(actionIds(aRequest())).toEqual([["request.again", facts.requestId]]);
      expect(actionIds(aRequest({ extends: aGrant().id }))).toEqual([]);
    }
  });

  test("a closing that doesn't succeed says since when, why, and what to do by hand", () => {
    const overdue = {
      ...facts,
      at: later(END, (3 * MINUTE) as never),
      kind: "closing.overdue",
      firewall: "azure-nsg:/a/nsg-prod" as FirewallId,
      since: END,
      problem: "busy",
    } as const;
    expect(said(overdue)).toMatch(
      /SSH to prod-vm-3 is still open: its time ended at .*3 minutes ago.*\nbusy\n.*`k7f3q2xd`.*`nsg-prod`/su,
    );
  });

  test("a rule found again says until when it is open, or that it is over", () => {
    const adopted = { ...facts, kind: "grant.adopted", firewall: "a" as FirewallId, expiresAt: END } as const;
    expect(said(adopted)).toContain("It closes on time");
    expect(said({ ...adopted, at: END })).toContain("It closes now");
  });
});

describe("how machines stand", () => {
  const machine = { cloud: "azure", id: "/vm/web" as MachineId, name: "web-1", account: "1" } as const;
  const from = { id: "e", at: NOW, actor: { kind: "bot" } } as const;

  test("a machine that got worse: from where it can be reached now, and how it was", () => {
    const event = {
      ...from,
      kind: "posture.worsened",
      machine,
      channel: "C0ACCESS",
      before: { category: "healthy", openness: "nobody" },
      now: { category: "unhealthy", openness: "anyone" },
      reachable: ["22 and 3389 from anywhere"],
    } as const;
    expect(said(event)).toBe(
      "web-1 is more open than it was, and unhealthy now.\n22 and 3389 from anywhere.\nIt was healthy, and open to nobody.",
    );
  });

  test("the digest: how many, and the worst", () => {
    const event = {
      ...from,
      kind: "posture.digest",
      machines: 3,
      protected: 1,
      categories: { healthy: 2, unhealthy: 1 },
      opennesses: { anyone: 1, nobody: 2 },
      worst: [{ machine, category: "unhealthy", reachable: ["22 from anywhere"] }],
    } as const;
    expect(said(event)).toBe(
      [
        "3 machines: 1 is open to everyone, 1 is protected.",
        "1 unhealthy · 2 healthy",
        "1 open to everyone · 2 open to nobody",
        "The worst:",
        "• *web-1*: 22 from anywhere",
        "`/jit posture` shows yours, with a button to protect them.",
      ].join("\n"),
    );
    expect(said({ ...event, worst: [] })).toContain("Nothing to do.");
  });

  test("an opening that leads nowhere says what is in the way", () => {
    const problems = ["Port 22 from 203.0.113.7: rule DenyAll (priority 200) of the subnet's NSG nsg blocks it."];
    expect(said({ ...facts, kind: "grant.blocked", problems })).toMatch(
      /^prod-vm-3 is open for you as far as I can open it, but something else may keep you out\.\nPort 22 .*DenyAll/u,
    );
  });
});

describe("an access that wouldn't be given any more", () => {
  const disallowed = {
    ...facts,
    kind: "grant.disallowed",
    code: "authority-no",
    authority: "azure-roles",
    closes: false,
    expiresAt: END,
  } as const;

  test("says why, and until when it stays open, to its requester and to others", () => {
    expect(said(disallowed, undefined, NOW, "requester")).toMatch(
      /^SSH to prod-vm-3: your access is no longer allowed; it stays open until <!date[^>]+>\.\nAzure no longer gives you a role that allows it\.$/u,
    );
    expect(said(disallowed, undefined, NOW, "security")).toContain("<@U0DEV1>'s access is no longer allowed; it stays");
  });

  test("says that it is closed where the rule says so", () => {
    expect(said({ ...disallowed, closes: true })).toContain("no longer allowed; it is being closed.");
  });
});

test("names and words from elsewhere are shown as text, and nothing is longer than Slack takes", () => {
  const nasty = "<!channel> *x* `y` <https://evil.example|z> & @here :tada: ".repeat(30);
  const many = Array.from({ length: 100 }, (_, at) => `${nasty}${at}`);
  const machine = { ...aGrant().machine, name: nasty };
  const about = { ...facts, machine, justification: nasty, services: many, requester: { team: "T", user: nasty } };
  const person = { team: "T", user: nasty };
  const linked = { issuer: nasty, subject: nasty, person, identities: { entra: nasty, aws: many } };
  const events = [
    { ...about, kind: "break-glass.used", rule: nasty, skipped: many, tell: many, expiresAt: END },
    { ...about, kind: "break-glass.unreviewed", usedAt: NOW, tell: many },
    { ...about, kind: "schedule.silent", schedules: many, instead: many },
    { ...about, kind: "grant.disallowed", code: "not-eligible", closes: false, expiresAt: END },
    { ...facts, ...linked, kind: "identity.linked" },
    { ...facts, ...linked, kind: "identity.unlinked" },
    { ...facts, person, kind: "identity.refused", because: "identity-taken" },
    { ...facts, kind: "policy.changed", changes: many, more: 9, how: "while-running" },
    { ...facts, kind: "policy.refused", problems: many, more: 9, counts: true },
    { ...about, kind: "grant.ending", expiresAt: END },
    { ...about, kind: "grant.ended", cause: "expired", openedAt: NOW, lagMs: 0, stillOpen: [] },
  ] as unknown as readonly AuditEvent[];
  for (const event of events) {
    for (const to of ["requester", "channel", "security", "skipped", "told", "person"] as const) {
      const drawn = drawMessage({ kind: "message", event, to }, { now: NOW, zone: "utc" });
      expect(said(event, undefined, NOW, to).replace(/<!date\^[^>]*>/gu, "")).not.toMatch(/<!channel|<http|<(?!$)/u);
      expect(drawn?.text.length).toBeLessThanOrEqual(4_000);
    }
  }
});

test("what has no message of its own says nothing", () => {
  for (const kind of ["request.submitted", "request.approved", "request.withdrawn", "grant.revoked"]) {
    const event = { ...facts, kind } as unknown as AuditEvent;
    expect(drawMessage({ kind: "message", event, to: "channel" }, { now: NOW, zone: "utc" })).toBeUndefined();
  }
});

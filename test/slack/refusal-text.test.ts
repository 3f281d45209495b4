import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Refusal, type RefusalCode, type RefusalFacts, refuse } from "../../src/access/refusal.ts";
import { type DurationMs, type EpochMs, HOUR } from "../../src/access/time.ts";
import { readCommand } from "../../src/slack/command.ts";
import { refusalsText, refusalText, type Situation } from "../../src/slack/refusal-text.ts";

const now = 1_795_446_000_000 as EpochMs;
const situation: Situation = { now, zone: "Europe/Berlin" };
const command = { services: ["ssh"], machine: "prod-vm-3", end: "9h", from: [], because: "INC-1" };
const say = <C extends RefusalCode>(code: C, facts: RefusalFacts[C], more: Partial<Situation> = {}): string =>
  refusalText(refuse(code, facts), { ...situation, ...more });

/** One of each, with text in every place that holds any. Every code is there, or this doesn't compile. */
const oneOfEach = (text: string): { readonly [C in RefusalCode]: RefusalFacts[C] } => ({
  "command-unreadable": { problem: "unknown-word", word: text, didYouMean: text },
  "justification-too-long": { length: 1_200, maximum: 1_000 },
  "port-unreadable": { text, services: [text], didYouMean: text },
  "duration-unreadable": { text, problem: "unreadable" },
  "source-unreadable": { text, networks: [text] },
  "source-impossible": { text },
  "policy-unreadable": {},
  "machine-unknown": { text, didYouMean: [text] },
  "machine-ambiguous": { text, candidates: [text, text] },
  "machine-not-offered": { machine: text },
  "not-eligible": { machine: text, roles: [text] },
  "port-not-offered": { machine: text, port: text, offered: [text] },
  "duration-too-long": { port: text, machine: text, maximumMs: HOUR },
  "source-missing": { allowed: [text] },
  "source-not-allowed": { source: text, rule: text, allowed: [text] },
  "justification-missing": { pattern: text },
  "justification-mismatch": { pattern: text },
  "no-approver": { machine: text, roles: [text], needed: 2 },
  "denied-by-policy": { machine: text, name: text, because: text },
  "outside-hours": { machine: text, hours: [text], nextAt: now },
  frozen: { name: text, fromAt: now, untilAt: now },
  "too-many-at-once": { machine: text, of: "person", most: 2 },
  "asked-too-often": { most: 2, nextAt: now },
  "break-glass-not-offered": { machine: text, roles: [text] },
  "authority-no": {
    authority: "azure-roles",
    machine: text,
    cloud: "azure",
    activity: "request",
    because: { kind: "denied", by: text, actions: [text] },
  },
  "authority-silent": { authority: "aws-iam", problem: "slow", reference: text },
  "linking-not-offered": {},
  "link-code-unknown": {},
  "already-linked": { as: text },
  "identity-taken": {},
  "not-linked": {},
  "not-your-turn": { roles: [text] },
  "nothing-to-review": {},
  "no-firewall": { machine: text, cloud: "azure" },
  "policy-firewall": { machine: text, firewall: text, policy: text },
  "no-address-in-family": { machine: text, family: "IPv6" },
  "person-unknown": {},
  "person-standing": { standing: "guest" },
  "already-asked": { requestId: text },
  "request-unknown": {},
  "own-request": {},
  "not-approver": { roles: [text] },
  "already-answered": { at: now },
  "too-late": { state: "denied", by: text, at: now },
  "requester-changed": { reason: "not-eligible" },
  "grant-unknown": { text },
  "access-over": { machine: text, at: now },
  "not-yours": { what: "access" },
  "not-configurer": { machine: text, roles: [text] },
  "not-protected": { machine: text },
  "protected-by-policy": { machine: text, rule: text },
  "proposal-gone": {},
  "undercut-gone": {},
  "firewall-unseen": { machine: text },
  "cannot-check": { what: "people", reference: text },
});

const eachWith = (text: string): readonly Refusal[] =>
  Object.entries(oneOfEach(text)).map(([code, facts]) => ({ kind: "refusal", code, facts }) as Refusal);

describe("what is said", () => {
  test("as in voice.md", () => {
    expect(say("machine-unknown", { text: "prod-vm-33", didYouMean: ["prod-vm-3"] })).toBe(
      "I don't know `prod-vm-33`. Did you mean `prod-vm-3`?",
    );
    expect(
      say("duration-too-long", { port: "ssh", machine: "prod-vm-3", maximumMs: (3 * HOUR) as DurationMs }, { command }),
    ).toBe("SSH to prod-vm-3 is for 3 hours at most. `/jit ssh prod-vm-3 3h because INC-1`");
    expect(say("duration-unreadable", { text: "30", problem: "bare-number" })).toBe(
      "`30` could be minutes or hours. Write `30m` or `30h`.",
    );
    expect(say("not-eligible", { machine: "prod-vm-3", roles: ["engineers"] })).toBe(
      "You may not ask for prod-vm-3: it's for *engineers*. Whoever looks after that list can add you.",
    );
    expect(
      say("source-not-allowed", {
        source: "10.0.0.0/8",
        rule: "production",
        allowed: ["office", "vpn", "single-address"],
      }),
    ).toBe(
      "10.0.0.0/8 is wider than rule *production* allows, or outside of it. Allowed: office, vpn or one single address.",
    );
    expect(say("own-request", {})).toMatch(/^You can't approve your own request\./u);
    expect(say("too-late", { state: "denied", by: "U0LEAD2", at: now })).toMatch(
      /^Too late: <@U0LEAD2> denied it at <!date\^1795446000\^\{time\}\|[^>]+>\.$/u,
    );
    expect(say("cannot-check", { what: "people", isAsk: true, reference: "8f2c" })).toBe(
      "I can't check who may do this right now, so I can't say yes. Try again in a minute. (ref 8f2c)",
    );
    expect(say("cannot-check", { what: "clouds", reference: "8f2c" })).toBe(
      "I can't look at the firewalls right now. Nothing was changed. Try again in a minute. (ref 8f2c)",
    );
    expect(say("not-configurer", { machine: "prod-vm-3", roles: ["security"] })).toBe(
      "You may not protect or unprotect prod-vm-3: that is for *security*. Whoever looks after that list can add you.",
    );
    expect(say("command-unreadable", { problem: "missing-machine-name", word: "protect" })).toBe(
      "Which machine? For example `/jit protect prod-vm-3`",
    );
  });

  test("a slip in a service shows the whole command put right", () => {
    const slip = { ...command, services: ["shh", "rdp"] };
    expect(
      say("port-unreadable", { text: "shh", services: ["ssh", "rdp"], didYouMean: "ssh" }, { command: slip }),
    ).toBe("I don't know the service `shh`. Did you mean `ssh`? `/jit ssh,rdp prod-vm-3 9h because INC-1`");
  });

  test("where a source or a justification is missing, an example has one", () => {
    expect(say("source-missing", { allowed: ["single-address", "vpn"] }, { command })).toBe(
      "Say where you connect from: one single address or vpn. For example `/jit ssh prod-vm-3 9h from vpn because INC-1`",
    );
    expect(say("justification-missing", { pattern: "^INC" }, { command: { ...command, because: "" } })).toBe(
      "This needs a justification. It has to match `^INC`. Add `because …`: `/jit ssh prod-vm-3 9h because …`",
    );
  });

  test("several come on a line each, none twice", () => {
    const lines = refusalsText(
      [refuse("own-request", {}), refuse("own-request", {}), refuse("not-yours", { what: "request" })],
      situation,
    ).split("\n");
    expect(lines).toHaveLength(2);
  });
});

describe("every refusal", () => {
  test("is a sentence on one line without exclamation, `successfully` or `please`", () => {
    for (const refusal of eachWith("prod-vm-3")) {
      const text = refusalText(refusal, { ...situation, command });
      expect(text).toMatch(/^\S.*[.?)`]$/u);
      expect(text).not.toMatch(/!(?!date)|success|please|undefined|\bnull\b|NaN/iu);
      expect(text.length).toBeLessThan(320);
    }
  });

  test("shows names of people and clouds as text, whatever they hold", () => {
    const evil = "<!channel> *x* `y` <https://evil.example|z> & @here\n:tada:";
    fc.assert(
      fc.property(
        fc.constantFrom(...eachWith(evil)),
        fc.constantFrom(undefined, { ...command, machine: evil, because: evil, services: [evil] }),
        (refusal, asked) => {
          const text = refusalText(refusal, { ...situation, ...(asked === undefined ? {} : { command: asked }) });
          const ours = text.replace(/<!date\^[^>]*>/gu, "");
          expect(ours).not.toMatch(/[<>\n]/u);
          expect(ours).not.toMatch(/&(?!amp;|lt;|gt;)/u);
          // Code spans stay in pairs, so nothing gets out of one.
          expect(ours.replaceAll("\u{200B}`\u{200B}", "").split("`").length % 2).toBe(1);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("long lists are cut", () => {
    const names = Array.from({ length: 300 }, (_, i) => `role-${i}`);
    expect(say("not-eligible", { machine: "m", roles: names }).length).toBeLessThan(400);
    expect(say("machine-ambiguous", { text: "m", candidates: names })).toMatch(/288 more\?$/u);
  });
});

test("what refusals offer to type is read without complaint", () => {
  for (const refusal of eachWith("ssh")) {
    for (const [, offered = ""] of refusalText(refusal, { ...situation, command: { ...command, end: "2h" } }).matchAll(
      /`\/jit ([^`]*)`/gu,
    )) {
      expect(readCommand(offered.replaceAll("&lt;", "<"))).not.toHaveProperty("kind", "refusal");
    }
  }
});

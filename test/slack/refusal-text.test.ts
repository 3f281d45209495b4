import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AUTHORITIES, type AuthorityNo } from "../../src/access/authority.ts";
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
  "deny-rule-unclear": { machine: text, name: text, groups: [text] },
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
  "not-security": { roles: [text] },
  "somebody-unknown": { text },
  "not-your-turn": { roles: [text] },
  "nothing-to-review": {},
  "no-firewall": { machine: text, cloud: "azure" },
  "inventory-old": { cloud: "aws", since: now },
  "policy-firewall": { machine: text, firewall: text, policy: text },
  "no-address-in-family": { machine: text, family: "IPv6" },
  "person-unknown": {},
  "person-standing": { standing: "guest" },
  "already-asked": { requestId: text },
  "already-open": { machine: text, until: now },
  "request-unknown": {},
  "own-request": {},
  "own-break-glass": {},
  "not-approver": { roles: [text] },
  "already-answered": { at: now },
  "too-late": { state: "denied", by: text, at: now },
  "not-any-more": { code: "not-eligible" },
  "wider-than-asked": { what: "source", source: text },
  "not-less": {},
  "approval-not-needed": { machine: text },
  "grant-unknown": { text },
  "no-address-page": {},
  "not-moved": { machine: text },
  "moving-already": { machine: text },
  "source-narrowed": { machine: text, by: text, allowed: [text] },
  "move-unapproved": { machine: text, rule: text },
  "access-over": { machine: text, at: now },
  "not-yours": { what: "access" },
  "extension-too-long": {
    grantId: text,
    port: text,
    machine: text,
    maximumMs: HOUR,
    leftMs: 0 as DurationMs,
  },
  "not-longer": { machine: text, until: now },
  "origin-lost": { machine: text, until: now },
  "not-configurer": { machine: text, roles: [text] },
  "not-protected": { machine: text },
  "protected-by-policy": { machine: text, rule: text },
  "proposal-gone": {},
  "undercut-gone": {},
  "firewall-unseen": { machine: text },
  "not-auditor": { roles: ["auditors"] },
  "locked-down": { by: text, at: now },
  "not-locked-down": {},
  "cannot-check": { what: "people", reference: text },
});

/** Those that are said in several ways, in every one. */
const everyKindWith = (text: string): readonly Refusal[] => {
  const kinds: readonly AuthorityNo[] = [
    { kind: "not-linked" },
    { kind: "no-say" },
    { kind: "not-given", actions: [text, text, text, text, text] },
    { kind: "denied", by: text, actions: [] },
    { kind: "undecidable", what: text },
  ];
  return [
    ...AUTHORITIES.flatMap((authority) =>
      kinds.flatMap((because) =>
        (["request", "approve", "configure", "read"] as const).map((activity) =>
          refuse("authority-no", { authority, machine: text, cloud: "aws", activity, because }),
        ),
      ),
    ),
    ...(["slow", "throttled", "failed"] as const).map((problem) =>
      refuse("authority-silent", { authority: "azure-roles", problem, reference: text }),
    ),
    ...Object.keys(oneOfEach("")).map((code) => refuse("not-any-more", { code: code as RefusalCode })),
    refuse("denied-by-policy", { machine: text, name: text, because: "" }),
    refuse("outside-hours", { machine: text, hours: [], nextAt: undefined }),
    refuse("frozen", { name: text, fromAt: (now + HOUR) as EpochMs, untilAt: (now + HOUR) as EpochMs }),
    refuse("too-many-at-once", { machine: text, of: "machine", most: 1 }),
    refuse("break-glass-not-offered", { machine: text, roles: [] }),
    refuse("nothing-to-review", { by: text, at: now }),
    refuse("not-linked", { user: text }),
    refuse("not-security", { roles: [] }),
    refuse("not-configurer", { machine: text, roles: [] }),
  ];
};

const eachWith = (text: string): readonly Refusal[] =>
  Object.entries(oneOfEach(text)).map(([code, facts]) => ({ kind: "refusal", code, facts }) as Refusal);

test("to whom may not ask at all, nothing is said of what could be typed otherwise", () => {
  const no = refuse("not-eligible", { machine: "prod-vm-3", roles: ["engineers"] });
  const typed = [
    refuse("justification-missing", { pattern: undefined }),
    refuse("source-missing", { allowed: ["vpn"] }),
    refuse("duration-too-long", { port: "ssh", machine: "prod-vm-3", maximumMs: HOUR }),
  ];
  expect(refusalsText([typed[0] ?? no, no, ...typed], situation)).toBe(refusalsText([no], situation));
  expect(refusalsText(typed, situation).split("\n")).toHaveLength(3);
});

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

  test("at another time: when it opens again, in the reader's zone", () => {
    const nextAt = (now + HOUR) as EpochMs;
    expect(say("outside-hours", { machine: "prod-vm-3", hours: ["office", "night"], nextAt })).toMatch(
      /^Nothing opens on prod-vm-3 outside of \*office\* or \*night\*\. It does again from <!date\^[^>]+>: ask then\.$/u,
    );
    expect(say("outside-hours", { machine: "prod-vm-3", hours: [], nextAt: undefined })).toBe(
      "Nothing opens on prod-vm-3 outside of its hours. Whoever looks after the policy knows when it does.",
    );
    const freeze = { name: "year's end", untilAt: (now + 2 * HOUR) as EpochMs };
    expect(say("frozen", { ...freeze, fromAt: now })).toMatch(
      /^Nothing opens during the freeze \*year's end\*\. It ends at <!date[^>]+>: ask then\.$/u,
    );
    expect(say("frozen", { ...freeze, fromAt: nextAt })).toMatch(
      /^That would reach into the freeze \*year's end\*, which begins at <!date[^>]+>\. Ask for less, or after it ends/u,
    );
  });

  test("when as much is open or asked as the policy allows", () => {
    expect(say("too-many-at-once", { machine: "prod-vm-3", of: "person", most: 1 })).toBe(
      "The rule of prod-vm-3 allows one person one access at once, and you have as many. `/jit list` shows yours; close one first.",
    );
    expect(say("too-many-at-once", { machine: "prod-vm-3", of: "machine", most: 3 })).toBe(
      "3 accesses to prod-vm-3 are open, and its rule allows no more at once. Ask again when one has ended.",
    );
    expect(say("asked-too-often", { most: 10, nextAt: now })).toMatch(
      /^You asked 10 times within an hour, and that is the most\. Ask again from <!date/u,
    );
    expect(say("asked-too-often", { most: 1, nextAt: now })).toContain("You asked once within an hour");
  });

  test("of deny rules and break-glass", () => {
    expect(say("denied-by-policy", { machine: "prod-vm-3", name: "contractors", because: "no RDP" })).toBe(
      "The deny rule *contractors* keeps you from prod-vm-3: “no RDP”. Whoever looks after the policy can change that.",
    );
    expect(say("deny-rule-unclear", { machine: "prod-vm-3", name: "contractors", groups: ["S0X"] })).toBe(
      "I can't tell whether the deny rule *contractors* keeps you from prod-vm-3, so I can't say yes: it names a user group that isn't there or is disabled, `S0X`. Whoever looks after the policy can put that right.",
    );
    const urgent = { ...command, breakGlass: true };
    expect(say("break-glass-not-offered", { machine: "prod-vm-3", roles: ["sre"] }, { command: urgent })).toBe(
      "You may not use break-glass on prod-vm-3: it's for *sre*. The usual way is `/jit ssh prod-vm-3 9h because INC-1`",
    );
    expect(say("break-glass-not-offered", { machine: "prod-vm-3", roles: [] })).toBe(
      "Nobody may use break-glass on prod-vm-3.",
    );
  });

  describe("of the clouds' roles", () => {
    const asked = { authority: "azure-roles", machine: "prod-vm-3", cloud: "azure", activity: "request" } as const;
    const no = (because: AuthorityNo, more: Partial<RefusalFacts["authority-no"]> = {}, offersLinking = false) =>
      say("authority-no", { ...asked, ...more, because }, { offersLinking });
    const actions = ["a/b/read", "a/b/write", "a/b/initiate/action", "a/b/delete"];

    test("what is missing, and who can help", () => {
      expect(no({ kind: "not-given", actions })).toBe(
        "You may not ask for prod-vm-3: no role in Azure gives you `a/b/read`, `a/b/write`, `a/b/initiate/action` and 1 more there. Whoever looks after roles in Azure can give you one that does.",
      );
      expect(
        no({ kind: "not-given", actions: ["ec2:StartInstances"] }, { authority: "aws-iam", activity: "approve" }),
      ).toBe(
        "You may not answer for prod-vm-3: no role in AWS gives you `ec2:StartInstances` there. Whoever looks after roles in AWS can give you one that does.",
      );
    });

    test("what denies it, and what can't be decided", () => {
      expect(no({ kind: "denied", by: "locked by blueprint", actions: ["a/b/read"] }, { activity: "configure" })).toBe(
        "You may not protect or unprotect prod-vm-3: the deny assignment *locked by blueprint* in Azure takes `a/b/read` from you. Whoever looks after roles in Azure can change that.",
      );
      expect(
        no({ kind: "undecidable", what: "the role *Owner* is given under a condition" }, { activity: "read" }),
      ).toContain("I can't tell whether Azure lets you look at prod-vm-3, so you may not: the role");
    });

    test("who isn't known there hears of linking only where there is such a thing", () => {
      expect(no({ kind: "not-linked" }, {}, true)).toBe(
        "I don't know who you are in Azure, so you may not ask for prod-vm-3. `/jit link` shows how to tell me.",
      );
      expect(no({ kind: "not-linked" }, { authority: "aws-iam" })).toBe(
        "I don't know who you are in AWS, so you may not ask for prod-vm-3. Whoever runs me can write it down.",
      );
    });

    test("a machine on which it has no say, or no answer", () => {
      expect(no({ kind: "no-say" })).toContain("it has no say there. Whoever looks after the policy can change that.");
      expect(say("authority-silent", { authority: "azure-roles", problem: "slow", reference: "8f2c" })).toBe(
        "Azure didn't answer in time, so I can't say yes yet. Try again in a minute. (ref 8f2c)",
      );
      expect(say("authority-silent", { authority: "aws-iam", problem: "throttled", reference: "8f2c" })).toMatch(
        /^AWS asks me to wait, so I can't say yes yet\./u,
      );
    });
  });

  test("of reviews and of turns", () => {
    expect(say("nothing-to-review", { by: "U0LEAD1", at: now })).toMatch(
      /^<@U0LEAD1> reviewed this already, at <!date/u,
    );
    expect(say("not-your-turn", { roles: ["leads"] })).toMatch(/^It's for \*leads\* to answer now\./u);
    expect(say("own-request", {})).toContain("Nor can another account of yours");
    expect(say("own-break-glass", {})).toMatch(/^You used it, so somebody else has to review it\./u);
    expect(say("approval-not-needed", { machine: "prod-vm-3" })).toBe(
      "The policy no longer asks for an approval on prod-vm-3. Whoever asked can ask again.",
    );
    expect(say("not-linked", { user: "U0DEV1" })).toMatch(/^<@U0DEV1> linked nothing/u);
    expect(say("not-security", { roles: ["sec"] })).toContain("another's is for *sec* to take back");
    expect(say("not-security", { roles: ["sec"], what: "lockdown" })).toBe(
      "Only *sec* may lock everything down, or lift that. Tell them.",
    );
    expect(say("somebody-unknown", { text: "dana" })).toMatch(/^I don't know `dana`: .*member id/u);
    expect(say("not-any-more", { code: "authority-no", authority: "azure-roles" })).toBe(
      "Not any more: Azure no longer gives whoever asked a role that allows it. They can ask again when that is settled.",
    );
  });

  test("of what is open, closing or locked says the time as a time", () => {
    expect(say("locked-down", { by: "U0SEC1", at: now })).toMatch(/<@U0SEC1> did that at <!date.*, and nothing opens/u);
    expect(say("not-longer", { machine: "prod-vm-3", until: now })).toMatch(
      /^That isn't longer: prod-vm-3 is open until <!date.* already\./u,
    );
    expect(say("moving-already", { machine: "prod-vm-3" })).toBe(
      "prod-vm-3 is already being opened from elsewhere. Wait until it is open.",
    );
    expect(say("not-yours", { what: "move" })).toBe(
      "That isn't your access. Only the person it is open for can move it.",
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
    for (const refusal of [...eachWith("prod-vm-3"), ...everyKindWith("prod-vm-3")]) {
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
        fc.constantFrom(...eachWith(evil), ...everyKindWith(evil)),
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
    expect(say("not-your-turn", { roles: names }).length).toBeLessThan(400);
    expect(say("outside-hours", { machine: "m", hours: names, nextAt: undefined }).length).toBeLessThan(400);
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

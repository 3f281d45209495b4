import { describe, expect, test } from "vitest";
import type { GrantId, RequestId } from "../../../src/access/identifier.ts";
import type { Machine } from "../../../src/access/machine.ts";
import type { Person } from "../../../src/access/person.ts";
import type { Cidr } from "../../../src/access/source.ts";
import { later, MINUTE, SECOND } from "../../../src/access/time.ts";
import type { Grant } from "../../../src/grants/grant.ts";
import type { AccessRequest } from "../../../src/grants/request.ts";
import { checkBlocks } from "../../../src/sandbox/slack/block-kit/blocks.ts";
import type { Drawn } from "../../../src/slack/blocks.ts";
import { drawCard } from "../../../src/slack/card/card.ts";
import { drawDirectCard } from "../../../src/slack/card/direct.ts";
import type { DecidingFacts } from "../../../src/workflow/card-facts.ts";
import { aGrant, aRequest, DEV, LEAD, NOW } from "../../contracts/samples.ts";
import { aRule, SSH } from "../../policy/example-rule.ts";

const OTHER: Person = { team: "T0ACME", user: "U0DEV2" };
const END = aGrant().expiresAt;
const approved = (changes: Partial<AccessRequest> = {}) =>
  aRequest({ state: { kind: "approved", approvals: [{ by: LEAD, at: NOW, step: 0 }], at: NOW }, ...changes });

const card = (request: AccessRequest | undefined, grant?: Partial<Grant>, now = NOW): Drawn => {
  const drawn = drawCard({ request, grant: grant === undefined ? undefined : aGrant(grant), now, zone: "utc" });
  if (drawn === undefined) throw new Error("nothing drawn");
  expect(checkBlocks(drawn.blocks, "/blocks", "message")).toEqual([]);
  return drawn;
};
const textOf = ({ blocks }: Drawn): string =>
  blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n");
const buttonsOf = ({ blocks }: Drawn): readonly string[] =>
  blocks.flatMap((block) =>
    block.type === "actions"
      ? block.elements.flatMap((each) => (each.type === "button" ? [`${each.text.text} ${each.value}`] : []))
      : [],
  );
const drawn = (...args: Parameters<typeof card>): string => textOf(card(...args));

describe("a request on its card", () => {
  test("says who asks for what, from where, why, who may answer and until when, with three buttons", () => {
    const shown = card(aRequest({ justification: "INC-1 disk full" }));
    expect(textOf(shown)).toContain("*SSH to prod-vm-3* for 2 hours");
    expect(textOf(shown)).toContain("<@U0DEV1> asks, from 203.0.113.7: “INC-1 disk full”");
    expect(textOf(shown)).toMatch(/Needs <@U0LEAD1> by <!date\^\d+\^\{time\}\|.*> · rule \*production\*/u);
    expect(buttonsOf(shown)).toEqual(["Approve k7f3q2xd", "Approve less k7f3q2xd", "Deny k7f3q2xd"]);
    expect(shown.text).not.toBe("");
  });

  test("says who has approved so far, how many are missing, and who of the others can answer", () => {
    const two = aRequest({
      steps: [{ needed: 2, users: ["U0LEAD1", "U0LEAD2", "U0DEV1"], groups: ["S0LEADS"] }],
      state: { kind: "pending", approvals: [{ by: LEAD, at: NOW, step: 0 }] },
    });
    expect(drawn(two)).toContain("Needs one of <!subteam^S0LEADS>, <@U0LEAD2> by");
    expect(drawn(two)).toContain("Approved so far by <@U0LEAD1>");
    expect(drawn({ ...two, state: { kind: "pending", approvals: [] } })).toContain(
      "Needs 2 of <!subteam^S0LEADS>, <@U0LEAD1>, <@U0LEAD2> by",
    );
  });

  test("of several steps says who is asked in which, who approved in which, and which comes next", () => {
    const steps = [
      { needed: 1, users: ["U0LEAD1", "U0LEAD2"], groups: [] },
      { needed: 1, users: ["U0SEC1"], groups: [] },
    ];
    const first = drawn(aRequest({ steps }));
    expect(first).toContain("Needs one of <@U0LEAD1>, <@U0LEAD2>, then <@U0SEC1> by");
    expect(first).not.toContain("Approved so far");
    const second = drawn(aRequest({ steps, state: { kind: "pending", approvals: [{ by: LEAD, at: NOW, step: 0 }] } }));
    expect(second).toContain("Needs <@U0SEC1> by");
    expect(second).toContain("Approved so far: step 1 by <@U0LEAD1>; now step 2 of 2");
  });

  test("says where it moved from, and from where it was approved, and never that it was approved from where it is", () => {
    const asked = { sources: ["203.0.113.0/24" as Cidr], services: ["SSH"], ports: aRequest().ports };
    const moved = approved({
      moves: "m2222222" as GrantId,
      movedFrom: ["203.0.113.8/32" as Cidr],
      answeredFrom: ["203.0.113.10/32" as Cidr],
      narrowed: { ...asked, by: LEAD, at: NOW, end: aRequest().end },
    });
    const whence =
      /(?:· |opening, )moved from 203\.0\.113\.8 at <!date[^>]+> by <@U0DEV1>; <@U0LEAD1> approved it from 203\.0\.113\.10/u;
    const text = drawn(moved, { openedAt: NOW, seenOpen: [], supersedes: "m2222222" as GrantId });
    expect(text).toMatch(whence);
    expect(text).toMatch(/approved it from 203\.0\.113\.10, opened in/u);
    expect(text).toContain("gave less than was asked: from *203.0.113.10* instead of 203.0.113.0/24.");
    expect(text).not.toContain("approved by");
    expect(drawn(moved, {})).toMatch(whence);
    const breakGlass = { skipped: [], tell: [] };
    const alone = approved({ ...moved, breakGlass, state: { kind: "approved", approvals: [], at: NOW } });
    expect(drawn(alone, {})).toMatch(
      /opening, without approval, moved from 203\.0\.113\.8 at <!date[^>]+> by <@U0DEV1>/u,
    );
  });

  test("isn't to be pressed on, or asked again, once what it was to make longer is over", () => {
    const lapsed = card(aRequest({ state: { kind: "lapsed", at: NOW, because: "access-over" } }));
    expect(textOf(lapsed)).toContain("lapsed: what it was to make longer is over");
    expect(buttonsOf(lapsed)).toEqual([]);
  });

  test("of a break-glass that moved leaves the review to where it is now", () => {
    const breakGlass = { skipped: [], tell: [], movedTo: "m2222222" as RequestId };
    const left = card(approved({ breakGlass }), { openedAt: NOW, endedAt: NOW });
    expect(textOf(left)).toContain("To be reviewed where it moved.");
    expect(buttonsOf(left)).toEqual([]);
  });

  test("says loudly that a schedule doesn't say who is on call, and who is asked instead", () => {
    const steps = [{ needed: 1, users: ["U0LEAD1", "U0LEAD2"], groups: [], silent: ["pagerduty:PSCHED1"] }];
    expect(drawn(aRequest({ steps }))).toContain(
      "*The on-call schedule PSCHED1 (PagerDuty) doesn't say who is on call*, so <@U0LEAD1> and <@U0LEAD2> are asked instead.",
    );
    const nobody = [{ needed: 1, users: [], groups: [], silent: ["odd"] }];
    expect(drawn(aRequest({ steps: nobody }))).toContain("schedule odd doesn't say who is on call*, and nobody else");
  });

  test.each([
    [
      "denied",
      aRequest({ state: { kind: "denied", by: LEAD, at: NOW, reason: "not today" } }),
      "denied by <@U0LEAD1>: “not today”",
    ],
    [
      "denied without a reason",
      aRequest({ state: { kind: "denied", by: LEAD, at: NOW, reason: "" } }),
      "denied by <@U0LEAD1>",
    ],
    ["withdrawn", aRequest({ state: { kind: "withdrawn", at: NOW } }), "withdrawn by <@U0DEV1>"],
    ["approved", approved(), "opening, approved by <@U0LEAD1>"],
  ])("%s: says so, without buttons", (_, request, words) => {
    expect(drawn(request)).toContain(words);
    expect(buttonsOf(card(request))).toEqual([]);
  });

  test("lapsed: says so, and whoever wants it still can ask again, but not for a longer one by the form", () => {
    const lapsed = aRequest({ state: { kind: "lapsed", at: NOW } });
    expect(drawn(lapsed)).toContain("lapsed: nobody answered by");
    expect(buttonsOf(card(lapsed))).toEqual(["Ask again k7f3q2xd"]);
    expect(buttonsOf(card({ ...lapsed, extends: aGrant().id }))).toEqual([]);
  });

  test("says of one that makes an open access longer that it does", () => {
    const longer = aRequest({ extends: aGrant().id, end: { kind: "until", at: END } });
    expect(drawn(longer)).toMatch(/\*SSH to prod-vm-3\* longer, until <!date/u);
  });

  test("shows whatever people typed as text", () => {
    const text = drawn(aRequest({ justification: "<!channel> *x* <https://evil.example|click>" }));
    expect(text).not.toMatch(/<!channel>|<https/u);
    expect(text).toContain("&lt;");
  });

  test("is something that Slack takes, however much is in it", () => {
    const much = aRequest({
      justification: "&".repeat(3_000),
      services: Array.from({ length: 30 }, (_, at) => `${8_000 + at}`),
      steps: [{ needed: 1, users: Array.from({ length: 300 }, (_, at) => `U${at}`), groups: [] }],
      sources: Array.from({ length: 100 }, (_, at) => `10.0.${at}.0/24` as never),
    });
    expect(drawn(much)).toContain("and 288 more");
    expect(drawn(much)).toContain("and 88 more");
    const silent = Array.from({ length: 100 }, (_, at) => `pagerduty:<!here>*${"P".repeat(300)}*${at}`);
    const skipped = Array.from({ length: 40 }, () => ({
      needed: 2,
      users: ["<!channel>"],
      groups: ["<!here>"],
      silent,
    }));
    const urgent = card({ ...much, breakGlass: { skipped, tell: [] } }, { openedAt: NOW });
    expect(textOf(urgent)).not.toMatch(/<!(?!date)/u);
    expect(textOf(urgent)).toContain("Not reviewed yet");
  });
});

describe("what decides, under the question", () => {
  const machine = (changes: Partial<Machine> = {}): Machine => ({
    ...aRequest().machine,
    region: "westeurope",
    tags: { env: "prod" },
    os: "linux",
    power: "running",
    interfaces: [],
    ...changes,
  });
  const details = (deciding: DecidingFacts, request: Partial<AccessRequest> = {}): string => {
    const drawnCard = drawCard({ request: aRequest(request), grant: undefined, now: NOW, zone: "utc", deciding });
    expect(checkBlocks(drawnCard?.blocks ?? [], "/blocks", "message")).toEqual([]);
    const texts = (drawnCard?.blocks ?? []).flatMap((block) =>
      block.type === "context"
        ? block.elements.flatMap((each) => (each.type === "mrkdwn" ? [each.text] : []))
        : block.type === "section"
          ? [block.text?.text ?? ""]
          : [],
    );
    expect(texts.join("").length).toBeLessThan(12_000);
    return texts.join("\n");
  };

  test("is left out as far as it isn't known", () => {
    const text = details({});
    expect(text).not.toMatch(/Machine|Tags|Asked before|Let in|Rule\*|nobody has access/u);
    expect(text).toContain("*Opens* prod-vm-3, 22/tcp, from 203.0.113.7");
    expect(text).toContain("*If you approve*: It opens at once.");
  });

  test("says which machine, what it opens, who has access, what was asked before, by which rule", () => {
    const before = aRequest({ id: "aaaaaaaa" as never, state: { kind: "denied", by: LEAD, at: NOW, reason: "" } });
    const text = details(
      {
        machine: machine({ cloud: "aws", id: "i-0a1" as never, account: "111122223333", region: "eu-west-1" }),
        addresses: ["10.0.0.4"],
        open: [
          { grant: aGrant({ requester: OTHER }), sharing: true },
          { grant: aGrant({ requester: LEAD }), sharing: false },
        ],
        latest: [before],
        rule: { rule: aRule(), lines: [SSH] },
      },
      { requesterKnown: ["entra:1111", "aws:arn:aws:iam::1:user/dev"] },
    );
    expect(text).toContain("*Who asks*: Entra ID `1111`, AWS `arn:aws:iam::1:user/dev`, as known then");
    expect(text).toContain("*Machine* prod-vm-3 · AWS, account 111122223333, eu-west-1 · `i-0a1`\n*Tags* env=prod");
    expect(text).toContain("*Opens* `10.0.0.4`, 22/tcp, from 203.0.113.7");
    expect(text).toMatch(/\*Let in already\* \(same port, same source\): <@U0DEV2> until <!date/u);
    expect(text).toMatch(/\*Have access now\* .*: <@U0LEAD1> until <!date/u);
    expect(text).toMatch(/\*Asked before\*: SSH to prod-vm-3 \(denied, <!date/u);
    expect(text).toContain("*Rule* production gives ssh for 3 hours at most, from office, vpn or one single address");
    expect(details({ open: [], latest: [] })).toMatch(/nobody has access now.*\*Asked before\*: nothing/su);
  });

  test("tells what was approved from what needed no approval", () => {
    const latest = [
      approved({ id: "aaaaaaaa" as never }),
      aRequest({ id: "bbbbbbbb" as never, state: { kind: "approved", approvals: [], at: NOW } }),
      aRequest({ id: "cccccccc" as never }),
    ];
    expect(details({ latest })).toMatch(
      /\(approved, <!date.*\(opened without approval, <!date.*\(still waiting, <!date/u,
    );
  });

  test("says when they are reminded as what comes of no answer", () => {
    expect(details({})).toMatch(
      /\*If you approve\*: It opens at once\.\n\*If nobody answers\*: I remind you at <!date/u,
    );
  });

  test("of an access that is to be longer leaves out that one, and doesn't say that nobody has access", () => {
    const open = [{ grant: aGrant(), sharing: true }];
    const text = details({ open }, { extends: aGrant().id });
    expect(text).not.toMatch(/Let in already|nobody has access/u);
    expect(details({ open }, { extends: "bbbbbbbb" as GrantId })).toContain("Let in already");
  });

  test("says who was told directly, who is no longer here, and that more approvals are needed", () => {
    const steps = [
      { needed: 1, users: ["U0LEAD1"], groups: [], gone: ["U0LEFT"] },
      { needed: 1, users: ["U0SEC1"], groups: [] },
    ];
    const text = details({}, { steps, told: [{ step: 0, users: ["U0LEAD1"] }] });
    expect(text).toContain("<@U0LEFT> is named too, and no longer here: skipped.");
    expect(text).toContain("Told directly: <@U0LEAD1>");
    expect(text).toContain("*If you approve*: Others have to approve too.");
  });

  test("is something that Slack takes, however long names are and however many people there are", () => {
    const long = "<!channel>*&".repeat(20);
    const all = { name: long, cloud: "azure", account: long, region: long } as const;
    const open = Array.from({ length: 300 }, (_, at) => ({
      grant: aGrant({ requester: { team: "T", user: `U${at}` } }),
      sharing: at % 2 === 0,
    }));
    const text = details(
      {
        machine: machine({ ...all, tags: Object.fromEntries(open.map((_, at) => [`${at}${long}`, long])) }),
        addresses: open.map((_, at) => `2001:db8::${at}`),
        open,
        latest: [aRequest({ machine: { ...aRequest().machine, name: long } })],
      },
      { justification: "&".repeat(3_000), machine: { ...aRequest().machine, name: long } },
    );
    expect(text).not.toMatch(/<!(?!date)/u);
  });
});

describe("a card in a direct message", () => {
  const told = [{ step: 0, users: ["U0LEAD1"] }];
  const direct = (changes: Partial<AccessRequest>): Drawn => {
    const found = drawDirectCard("U0LEAD1", {
      request: aRequest({ told, ...changes }),
      grant: undefined,
      now: NOW,
      zone: "utc",
    });
    if (found === undefined) throw new Error("nothing drawn");
    expect(checkBlocks(found.blocks, "/blocks", "message")).toEqual([]);
    return found;
  };

  test("has the same buttons while it is theirs to answer, and none afterwards", () => {
    expect(buttonsOf(direct({}))).toHaveLength(3);
    const steps = [
      { needed: 1, users: ["U0LEAD1"], groups: [] },
      { needed: 1, users: ["U0SEC1"], groups: [] },
    ];
    const given = { kind: "pending", approvals: [{ by: LEAD, at: NOW, step: 0 }] } as const;
    expect(buttonsOf(direct({ steps, state: given }))).toEqual([]);
    expect(textOf(direct({ steps, state: given }))).toContain("it needs <@U0SEC1> now");
    const done = direct({ state: { kind: "denied", by: LEAD, at: NOW, reason: "" } });
    expect(buttonsOf(done)).toEqual([]);
    expect(textOf(done)).toBe("*SSH to prod-vm-3* · denied by <@U0LEAD1>\nIts card in <#C0ACCESS> shows the rest.");
    const longer = { ...aRequest(), state: { kind: "denied", by: LEAD, at: NOW, reason: "" } } as const;
    expect(drawn({ ...longer, extends: aGrant().id, end: { kind: "until", at: END } })).toMatch(
      /^\*SSH to prod-vm-3\* · longer, until <!date[^>]+>: denied by <@U0LEAD1>/u,
    );
  });
});

describe("an access on its card", () => {
  const open: Partial<Grant> = { openedAt: later(NOW, SECOND) };

  test("opening, it says that and not that it is open", () => {
    expect(drawn(approved(), {})).toContain("opening, approved by <@U0LEAD1>");
    expect(drawn(approved(), {})).not.toContain("open until");
    expect(buttonsOf(card(approved(), {}))).toEqual([]);
  });

  test("open, it says until when, for whom and from where, with a button to close it", () => {
    const shown = card(approved(), open);
    expect(textOf(shown)).toMatch(
      /open until <!date.*> for <@U0DEV1> from 203\.0\.113\.7 · approved by <@U0LEAD1>, opened in 1 second/u,
    );
    expect(buttonsOf(shown)).toEqual(["Close k7f3q2xd", "Extend k7f3q2xd"]);
  });

  test("found again after memory was lost, it says that, without its request", () => {
    expect(drawn(undefined, { ...open, adopted: true })).toContain("found open after our memory was lost");
  });

  test("remembered without its request, it doesn't claim that nobody had to approve", () => {
    const shown = drawn(undefined, open);
    expect(shown).toContain("how it was allowed is lost with our memory");
    expect(shown).not.toContain("approval needed");
  });

  test("over and not yet closed, it doesn't say closed", () => {
    expect(drawn(approved(), open, END)).toContain("closing; its time ended at");
    const revoked = { ...open, revoked: { kind: "closed", at: NOW, by: OTHER } } as const;
    expect(drawn(approved(), revoked)).toContain("closing, ended by <@U0DEV2>");
    for (const text of [drawn(approved(), open, END), drawn(approved(), revoked)]) expect(text).not.toContain("closed");
  });

  test("closed, it says how long after its time", () => {
    expect(drawn(approved(), { ...open, endedAt: later(END, (2 * SECOND) as never) }, later(END, MINUTE))).toMatch(
      /· <@U0DEV1>'s access closed <!date.*>, 2 seconds after its time/u,
    );
    const revoked = { ...open, revoked: { kind: "closed", at: NOW, by: OTHER }, endedAt: later(NOW, SECOND) } as const;
    expect(drawn(approved(), revoked)).toMatch(/closed <!date.*>, 1 second after <@U0DEV2> ended it/u);
  });

  test("ended while somebody else keeps the port open, it says that and for whom, the longest first", () => {
    const stillOpen = [
      { requester: LEAD, expiresAt: later(END, MINUTE) },
      { requester: OTHER, expiresAt: later(END, (2 * MINUTE) as never) },
    ];
    const text = drawn(approved(), { ...open, endedAt: END, stillOpen }, END);
    expect(text).toMatch(
      /<@U0DEV1>'s access ended <!date.*>; the port stays open until <!date.*> for <@U0DEV2> and 1 more/u,
    );
    expect(text).not.toContain("closed");
  });

  test("approved by nobody because of the hour, it says that", () => {
    const automatic = approved({ state: { kind: "approved", approvals: [], at: NOW } });
    expect(drawn(automatic, open)).toContain("· approved automatically, opened in 1 second");
    expect(drawn(approved({ steps: [], state: automatic.state }), open)).toContain("· no approval needed, opened in");
  });

  test("no longer allowed, it says why and until when it stays open", () => {
    const shown = card(approved(), { ...open, disallowed: { code: "authority-no", authority: "azure-roles" } });
    expect(textOf(shown)).toMatch(
      /\n\*No longer allowed\*: Azure no longer gives whoever asked a role that allows it\. It stays open until <!date/u,
    );
    expect(buttonsOf(shown)).toEqual(["Close k7f3q2xd"]);
  });

  test("no longer allowed where the rule closes, it says so until it is closed and afterwards", () => {
    const revoked = {
      ...open,
      disallowed: { code: "not-eligible" },
      revoked: { kind: "not-allowed", at: NOW, code: "not-eligible" },
    } as const;
    const closing = card(approved(), revoked);
    expect(textOf(closing)).toContain(
      "closing, because it is *no longer allowed*: whoever asked may no longer ask for this machine",
    );
    expect(buttonsOf(closing)).toEqual([]);
    expect(drawn(approved(), { ...revoked, endedAt: later(NOW, SECOND) })).toMatch(
      /access closed <!date.*>, 1 second after it was no longer allowed: whoever asked may no longer/u,
    );
  });

  test("never opened, it says that", () => {
    expect(drawn(approved(), { endedAt: END })).toContain("before it could be opened");
    const failed = { revoked: { kind: "failed", at: NOW, problem: "no room in `nsg-prod`" } } as const;
    expect(drawn(approved(), failed)).toContain("couldn't open: no room");
    expect(drawn(approved(), { ...failed, endedAt: NOW })).toContain("couldn't open: no room");
  });

  test("shows sources of everywhere as such", () => {
    expect(drawn(approved(), { ...open, sources: ["0.0.0.0/0" as never] })).toContain("from anywhere");
  });
});

describe("an access that went past approval", () => {
  const skipped = [
    { needed: 1, users: ["U0LEAD1", "U0DEV1"], groups: ["S0LEADS"], silent: ["opsgenie:week"] },
    { needed: 2, users: ["U0SEC1", "U0SEC2", "U0SEC3"], groups: [] },
  ];
  const urgent = (changes: Partial<NonNullable<AccessRequest["breakGlass"]>> = {}): AccessRequest =>
    approved({
      steps: [],
      state: { kind: "approved", approvals: [], at: NOW },
      breakGlass: { skipped, tell: ["U0SEC1"], ...changes },
    });
  const reviewed = { by: LEAD, at: later(NOW, MINUTE) };
  const open = { openedAt: later(NOW, SECOND) };

  test("is seen at a glance, in words, with who would have been asked, and with a button for who looked at it", () => {
    const shown = card(urgent(), open);
    expect(shown.text).toMatch(/^BREAK-GLASS: SSH to prod-vm-3: open until/u);
    expect(textOf(shown)).toMatch(
      /^\*BREAK-GLASS\* · \*SSH to prod-vm-3\* · open until .* without approval, opened in/u,
    );
    expect(textOf(shown)).toContain(
      "It would have needed one of <!subteam^S0LEADS>, <@U0LEAD1>, then 2 of <@U0SEC1>, <@U0SEC2>, <@U0SEC3>.",
    );
    expect(textOf(shown)).toContain("*The on-call schedule week (Opsgenie) doesn't say who is on call*");
    expect(textOf(shown)).toContain("*Not reviewed yet*");
    expect(buttonsOf(shown)).toEqual(["Close k7f3q2xd", "Extend k7f3q2xd", "Reviewed k7f3q2xd"]);
  });

  test.each([
    ["opening", {}, NOW],
    ["closing", { openedAt: NOW }, END],
    ["closed", { openedAt: NOW, endedAt: END }, END],
    ["failed", { revoked: { kind: "failed", at: NOW, problem: "no room" } }, NOW],
  ] satisfies readonly (readonly [string, Partial<Grant>, typeof NOW])[])(
    "%s, it still asks for the review until somebody did",
    (_, grant, now) => {
      expect(buttonsOf(card(urgent(), grant, now))).toEqual(["Reviewed k7f3q2xd"]);
      const after = card(urgent({ reviewed }), grant, now);
      expect(buttonsOf(after)).toEqual([]);
      expect(textOf(after)).toMatch(/^\*BREAK-GLASS\*.*Reviewed by <@U0LEAD1> at <!date/su);
      expect(textOf(after)).not.toContain("Not reviewed");
    },
  );

  test("is seen also before it is opened, and where nobody would have had to approve", () => {
    expect(drawn(urgent({ skipped: [] }))).toMatch(
      /^\*BREAK-GLASS\* · .*opening, without approval\nBreak-glass: past hours, freezes and limits\. It needed no approval\./u,
    );
  });
});

test("nothing is drawn of nothing", () => {
  expect(drawCard({ request: undefined, grant: undefined, now: NOW, zone: "utc" })).toBeUndefined();
});

test("a grant found in the ledger speaks for its requester, whoever looks", () => {
  expect(drawn(approved(), { openedAt: NOW, requester: DEV })).toContain("<@U0DEV1> asked");
});

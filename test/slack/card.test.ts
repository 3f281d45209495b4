import { describe, expect, test } from "vitest";
import type { Person } from "../../src/access/person.ts";
import { later, MINUTE, SECOND } from "../../src/access/time.ts";
import type { Grant } from "../../src/grants/grant.ts";
import type { AccessRequest } from "../../src/grants/request.ts";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import type { Drawn } from "../../src/slack/blocks.ts";
import { drawCard } from "../../src/slack/card.ts";
import { aGrant, aRequest, DEV, LEAD, NOW } from "../contracts/samples.ts";

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
  test("says who asks for what, from where, why, who may answer and until when, with two buttons", () => {
    const shown = card(aRequest({ justification: "INC-1 disk full" }));
    expect(textOf(shown)).toContain("*SSH to prod-vm-3* for 2 hours");
    expect(textOf(shown)).toContain("<@U0DEV1> asks, from 203.0.113.7: “INC-1 disk full”");
    expect(textOf(shown)).toMatch(/Needs <@U0LEAD1> by <!date\^\d+\^\{time\}\|.*> · rule \*production\*/u);
    expect(buttonsOf(shown)).toEqual(["Approve k7f3q2xd", "Deny k7f3q2xd"]);
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
    ["lapsed", aRequest({ state: { kind: "lapsed", at: NOW } }), "lapsed: nobody answered by"],
    ["withdrawn", aRequest({ state: { kind: "withdrawn", at: NOW } }), "withdrawn by <@U0DEV1>"],
    ["approved", approved(), "opening, approved by <@U0LEAD1>"],
  ])("%s: says so, without buttons", (_, request, words) => {
    expect(drawn(request)).toContain(words);
    expect(buttonsOf(card(request))).toEqual([]);
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
    expect(buttonsOf(shown)).toEqual(["Close k7f3q2xd"]);
  });

  test("found again after memory was lost, it says that, without its request", () => {
    expect(drawn(undefined, { ...open, adopted: true })).toContain("found open after our memory was lost");
  });

  test("over and not yet closed, it doesn't say closed", () => {
    expect(drawn(approved(), open, END)).toContain("closing; its time ended at");
    const revoked = { ...open, revoked: { kind: "closed", at: NOW, by: OTHER } } as const;
    expect(drawn(approved(), revoked)).toContain("closing, ended by <@U0DEV2>");
    for (const text of [drawn(approved(), open, END), drawn(approved(), revoked)]) expect(text).not.toContain("closed");
  });

  test("closed, it says how long after its time", () => {
    expect(drawn(approved(), { ...open, endedAt: later(END, (2 * SECOND) as never) }, later(END, MINUTE))).toMatch(
      /closed <!date.*>, 2 seconds after its time/u,
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

test("nothing is drawn of nothing", () => {
  expect(drawCard({ request: undefined, grant: undefined, now: NOW, zone: "utc" })).toBeUndefined();
});

test("a grant found in the ledger speaks for its requester, whoever looks", () => {
  expect(drawn(approved(), { openedAt: NOW, requester: DEV })).toContain("<@U0DEV1> asked");
});

/** What breaks while somebody is answered. */

import type { RespondArguments } from "@slack/bolt";
import { expect, test } from "vitest";
import type { RequestId } from "../../src/access/identifier.ts";
import { isRefusal, refuse } from "../../src/access/refusal.ts";
import { blocksAreTooLong, checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { createAnswers } from "../../src/slack/answer.ts";
import type { Drawn } from "../../src/slack/blocks.ts";
import { NOW } from "../contracts/samples.ts";
import { createOffice, LEAD } from "../workflow/office.ts";

const ID = "k7f3q2xd" as RequestId;

const createDesk = async () => {
  const { deps, endEarly, recordRefusal, clock, eventsOf } = await createOffice();
  const answers = createAnswers({
    endEarly,
    recordRefusal,
    clock,
    zone: deps.zone,
    offersLinking: () => false,
    log: () => undefined,
  });
  /** What is said and on record when this breaks. */
  const broken = async (verdict: "approve" | "deny" | "reviewed") => {
    const outcome = await answers.reviewing(ID, LEAD, verdict, async () => {
      throw new Error("away");
    });
    if (!isRefusal(outcome)) throw new Error("it counts");
    return answers.refusals([outcome]).text;
  };
  return { answers, broken, eventsOf };
};

test("only who wants to say yes hears that we can't say yes; it is on record as what it was", async () => {
  const { broken, eventsOf } = await createDesk();
  expect(await broken("approve")).toContain("so I can't say yes");
  for (const verdict of ["deny", "reviewed"] as const) expect(await broken(verdict)).not.toContain("yes");
  expect(eventsOf("review.refused")).toMatchObject([
    { verdict: "approve", code: "cannot-check" },
    { verdict: "deny", code: "cannot-check" },
    { verdict: "reviewed", code: "cannot-check" },
  ]);
});

test("what was refused on its merits is on record already, and isn't recorded again", async () => {
  const { answers, eventsOf } = await createDesk();
  await answers.reviewing(ID, LEAD, "reviewed", async () => refuse("own-break-glass", {}));
  expect([...eventsOf("review.refused"), ...eventsOf("request.refused")]).toEqual([]);
});

const taken = ({ text, blocks }: Drawn): boolean =>
  text.length <= 4_000 &&
  checkBlocks(blocks, "/blocks", "message").length === 0 &&
  !blocksAreTooLong(blocks.map((block) => ({ ...block })));

const textOf = ({ blocks }: Drawn): string =>
  blocks.map((block) => (block.type === "section" ? (block.text?.text ?? "") : "")).join("\n");

test("many reasons at once are as many as Slack takes, and what is left out is counted", async () => {
  const { answers } = await createDesk();
  const [fromAt, untilAt] = [NOW, NOW];
  const freezes = Array.from({ length: 80 }, (_, i) =>
    refuse("frozen", { name: `${i} ${"n".repeat(99)}`, fromAt, untilAt }),
  );
  const denials = Array.from({ length: 25 }, (_, i) =>
    refuse("denied-by-policy", { machine: "prod-vm-3", name: `d${i}`, because: "&".repeat(1_500) }),
  );
  for (const many of [freezes, denials]) {
    const drawn = answers.refusals([refuse("machine-not-offered", { machine: "prod-vm-3" }), ...many]);
    expect(taken(drawn)).toBe(true);
    expect(textOf(drawn)).toMatch(/^No rule of the policy covers prod-vm-3/u);
    expect(textOf(drawn)).toMatch(new RegExp(`\nAnd ${many.length + 1 - 12} more reasons\\.$`, "u"));
  }
  const few = textOf(answers.refusals(freezes.slice(0, 12)));
  expect(few.split("\n")).toHaveLength(12);
  expect(few).not.toContain("more");
});

test("whom Slack doesn't let us answer as we would hears so in one sentence", async () => {
  const { answers } = await createDesk();
  const heard: RespondArguments[] = [];
  const refusing = (status: number) => async (message: RespondArguments | string) => {
    if (typeof message === "string" || "blocks" in message)
      throw Object.assign(new Error("no"), { code: "slack_bolt_respond_error", statusCode: status });
    heard.push(message);
    return new Response("ok");
  };
  const drawn = answers.refusals([refuse("machine-not-offered", { machine: "prod-vm-3" })]);
  await answers.privately(refusing(400), drawn);
  await answers.instead(refusing(400), drawn);
  expect(heard).toHaveLength(2);
  for (const message of heard) {
    expect(message).toMatchObject({ response_type: "ephemeral", replace_original: false });
    expect(message.text).toContain("`/jit list`");
  }
  await answers.privately(refusing(404), drawn);
  expect(heard).toHaveLength(2);
});

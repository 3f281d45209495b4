/** What breaks while somebody answers a request. */

import { expect, test } from "vitest";
import type { RequestId } from "../../src/access/identifier.ts";
import { isRefusal, refuse } from "../../src/access/refusal.ts";
import { createAnswers } from "../../src/slack/answer.ts";
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

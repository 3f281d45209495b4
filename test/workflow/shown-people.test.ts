import { expect, test } from "vitest";
import type { PersonFacts } from "../../src/access/person.ts";
import { MINUTE } from "../../src/access/time.ts";
import { createShownPeople, shownSteps } from "../../src/workflow/shown-people.ts";
import { NOW } from "../contracts/samples.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const setUp = () => {
  const clock = createManualClock(NOW);
  const gone = new Set<string>();
  const asked: string[] = [];
  const lookUp = async (user: string): Promise<PersonFacts> => {
    asked.push(user);
    if (user === "U0AWAY") throw new Error("away");
    const standing = gone.has(user) ? "deactivated" : "member";
    return { person: { team: "T0ACME", user }, name: user, standing, timezone: undefined };
  };
  return { clock, gone, asked, shown: createShownPeople({ directory: { lookUp }, clock }) };
};

test("who has left isn't shown, and who can't be asked about is", async () => {
  const { gone, shown } = setUp();
  gone.add("U0LEFT");
  expect(await shown(["U0LEAD", "U0LEFT", "U0AWAY"])).toEqual(["U0LEAD", "U0AWAY"]);
  const step = { needed: 1, users: ["U0LEFT", "U0LEAD"], groups: ["S0ENG"] };
  expect(await shownSteps([step], shown)).toEqual([{ ...step, users: ["U0LEAD"], gone: ["U0LEFT"] }]);
});

test("each is asked about once in ten minutes, and then again, whoever else was asked about meanwhile", async () => {
  const { clock, gone, asked, shown } = setUp();
  await shown(["U0ONE"]);
  clock.advance(6 * MINUTE);
  await shown(["U0ONE", "U0TWO"]);
  expect(asked).toEqual(["U0ONE", "U0TWO"]);
  gone.add("U0ONE").add("U0TWO");
  clock.advance(6 * MINUTE);
  expect(await shown(["U0ONE", "U0TWO"])).toEqual(["U0TWO"]);
  expect(asked).toEqual(["U0ONE", "U0TWO", "U0ONE"]);
  clock.advance(6 * MINUTE);
  expect(await shown(["U0TWO"])).toEqual([]);
});

test("of a long list only the first are asked about, and all others are shown", async () => {
  const { asked, shown } = setUp();
  const users = Array.from({ length: 40 }, (_, index) => `U0${index}`);
  expect(await shown(users)).toEqual(users);
  expect(asked).toHaveLength(15);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Statement } from "../../../../src/sandbox/aws/iam/world.ts";
import { type SimpleStatement, slowly } from "./slow-evaluator.ts";
import { DEV, INSTANCE, machine, OPS, policy, START, STOP, setStage } from "./stage.ts";

const statement = fc.record({
  effect: fc.constantFrom("Allow" as const, "Allow" as const, "Allow" as const, "Allow" as const, "Deny" as const),
  not: fc.constantFrom(false, false, false, false, true),
  actions: fc.uniqueArray(
    fc.constantFrom(
      "*",
      "ec2:*",
      "ec2:St*",
      "ec2:Start*",
      "ec2:St?pInstances",
      START,
      STOP,
      "ec2:startinstances",
      "s3:*",
    ),
    { minLength: 1, maxLength: 2 },
  ),
  resource: fc.constantFrom(
    "*",
    "*",
    INSTANCE,
    "arn:aws:ec2:*:*:instance/*",
    "arn:aws:ec2:us-*",
    `${INSTANCE.slice(0, -1)}?`,
    `${INSTANCE}?`,
  ),
  tag: fc.option(
    fc.record({
      key: fc.constantFrom("env", "team"),
      operator: fc.constantFrom("StringEquals" as const, "StringNotEquals" as const, "StringLike" as const),
      value: fc.constantFrom("prod", "dev", "p*", "ops"),
    }),
    { nil: undefined, freq: 2 },
  ),
});
const written = ({ effect, not, actions, resource, tag }: SimpleStatement, key: string): Statement => ({
  Effect: effect,
  [not ? "NotAction" : "Action"]: actions,
  Resource: resource,
  ...(tag === undefined ? {} : { Condition: { [tag.operator]: { [`${key}:ResourceTag/${tag.key}`]: tag.value } } }),
});

test("the answer is the one that a slow reading of the policies gives", { timeout: 60_000 }, async () => {
  const { iam, ask } = await setStage();
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(statement, { minLength: 1, maxLength: 3 }),
      fc.array(statement, { maxLength: 2 }),
      fc.option(fc.array(statement, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 1 }),
      fc.record({
        env: fc.option(fc.constantFrom("prod", "dev"), { nil: undefined }),
        team: fc.option(fc.constantFrom("ops", "web"), { nil: undefined }),
      }),
      fc.constantFrom("aws", "ec2"),
      async (own, ofGroup, boundary, some, key) => {
        const has = Object.fromEntries(
          Object.entries(some).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        );
        iam.setPolicy(DEV, "own", policy(...own.map((each) => written(each, key))));
        iam.setPolicy(OPS, "ofGroup", policy(...ofGroup.map((each) => written(each, key))));
        iam.setGroups(DEV, ["ops"]);
        iam.setBoundary(
          DEV,
          boundary === undefined ? undefined : policy(...boundary.map((each) => written(each, key))),
        );

        const each = [START, STOP].map((action) =>
          slowly([...own, ...ofGroup], boundary, { action, resource: INSTANCE, tags: has }),
        );
        const expected = (["denied", "not-given", "undecidable", "yes"] as const).find((one) => each.includes(one));
        const answer = await ask({ machine: { ...machine, tags: has } });
        const got = answer.kind === "yes" ? "yes" : answer.because.kind;
        seen.set(got, (seen.get(got) ?? 0) + 1);
        expect(got).toBe(expected);
      },
    ),
    { numRuns: 500 },
  );
  // Worth nothing if only one answer ever comes.
  expect(
    [...seen]
      .filter(([, times]) => times >= 5)
      .map(([answer]) => answer)
      .toSorted(),
  ).toEqual(["denied", "not-given", "undecidable", "yes"]);
});

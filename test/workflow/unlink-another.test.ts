import { expect, test } from "vitest";
import { NOBODY_ELSEWHERE, type Person } from "../../src/access/person.ts";
import { isRefusal } from "../../src/access/refusal.ts";
import { createUnlinkAnother } from "../../src/workflow/unlink-another.ts";
import { createOffice, DEV, LEAD, personFacts, SECURITY } from "./office.ts";

const linkedOffice = async () => {
  const office = await createOffice();
  const linked = new Set([DEV]);
  const takenBackBy: Person[] = [];
  const unlinkAnother = createUnlinkAnother({
    ...office.deps,
    unlink: async (user, by) => {
      linked.delete(user);
      takenBackBy.push(by);
      return { identities: NOBODY_ELSEWHERE };
    },
  });
  const codeFor = async (by: string) => {
    const outcome = await unlinkAnother(DEV, by);
    return isRefusal(outcome) ? outcome.code : undefined;
  };
  return { ...office, linked, takenBackBy, unlinkAnother, codeFor };
};

test("security takes back another's link, in their own name", async () => {
  const { linked, takenBackBy, codeFor } = await linkedOffice();
  expect(await codeFor(SECURITY)).toBeUndefined();
  expect([[...linked], takenBackBy]).toEqual([[], [{ team: "T0ACME", user: SECURITY }]]);
});

test("nobody else does, nor security when they have left, nor anybody without a policy", async () => {
  const { linked, codeFor, unlinkAnother, people, setPolicy } = await linkedOffice();
  expect(await unlinkAnother(DEV, LEAD)).toMatchObject({ code: "not-security", facts: { roles: ["security"] } });
  people.set(SECURITY, personFacts(SECURITY, { standing: "deactivated" }));
  expect(await codeFor(SECURITY)).toBe("person-standing");
  people.set(SECURITY, personFacts(SECURITY));
  setPolicy(undefined);
  expect(await codeFor(SECURITY)).toBe("policy-unreadable");
  expect([...linked]).toEqual([DEV]);
});

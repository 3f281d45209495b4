import { expect, test } from "vitest";
import type { GrantId, RequestId } from "../../src/access/identifier.ts";
import { type DurationMs, later, MINUTE } from "../../src/access/time.ts";
import { createCardFacts } from "../../src/workflow/card-facts.ts";
import { aRequest } from "../contracts/samples.ts";
import { createOffice } from "./office.ts";

test("whoever took accesses along hasn't asked for those, however many; what they asked before is found behind them", async () => {
  const { deps, ledger } = await createOffice();
  const store = async (id: string, minutes: number, moves?: string) => {
    const askedAt = later(aRequest().askedAt, (minutes * MINUTE) as DurationMs);
    const request = aRequest({ id: id as RequestId, askedAt });
    await ledger.commit({
      request: moves === undefined ? request : { ...request, moves: moves as GrantId },
      events: [],
    });
  };
  await store("aaaaaaaa", 0);
  for (const [at, id] of ["bbbbbbbb", "cccccccc", "dddddddd", "eeeeeeee"].entries())
    await store(id, at + 1, "aaaaaaaa");
  await store("ffffffff", 9);
  const { latest } = await createCardFacts(deps)(aRequest({ id: "ffffffff" as RequestId }));
  expect(latest?.map(({ id }) => id)).toEqual(["aaaaaaaa"]);
});

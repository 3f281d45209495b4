import { expect, test } from "vitest";
import type { GrantId } from "../../src/access/identifier.ts";
import { type AskFacts, drawAsk } from "../../src/http/address-page.ts";
import type { Wanted } from "../../src/workflow/my-address/address-memory.ts";
import { DEV, NOW } from "../contracts/samples.ts";

const facts: AskFacts = {
  seen: undefined,
  action: "",
  others: ["https://v6.example.com"],
  ticket: "",
  nonce: "n",
  accessTitle: (services, machine) => `${services.join("+").toUpperCase()} to ${machine}`,
};
const page = async (wanted: Wanted): Promise<string> =>
  (await drawAsk({ person: DEV, name: "Dev", wanted, until: NOW }, facts)).toString();
const asked = (end: string): Promise<string> =>
  page({ kind: "ask", ask: { services: ["ssh"], machine: "dev-vm-1", end, from: ["me"], because: "" } });

test.each([
  ["1h", "for 1 hour"],
  ["PT2H", "for 2 hours"],
  ["1h30m", "for 1 hour 30 minutes"],
  ["until 18:00", "until 18:00"],
  ["soon", "soon"],
])("what was typed as %s is said as in every other message", async (end, text) => {
  expect(await asked(end)).toContain(`asks for SSH to dev-vm-1 ${text}.`);
});

test("a break-glass is called one before anybody presses", async () => {
  const ask = { services: ["ssh"], machine: "dev-vm-1", end: "1h", from: ["me"], because: "" };
  expect(await page({ kind: "ask", ask: { ...ask, breakGlass: true } })).toContain(
    "breaks the glass: it opens at once",
  );
  expect(await page({ kind: "ask", ask })).not.toContain("breaks the glass");
});

test("so is what somebody takes along who moved", async () => {
  const moved = await page({
    kind: "move",
    grant: "k7f3q2xd" as GrantId,
    services: ["ssh", "rdp"],
    machine: "prod-vm-3",
  });
  expect(moved).toContain("moved, and wants SSH+RDP to prod-vm-3 from here.");
});

import { expect, test } from "vitest";
import { missingSettings } from "../../src/config/missing-settings.ts";

const identities = { people: new Map(), profileFields: {}, byEmail: new Map() };
const signIn = { issuer: "https://login.example", clientId: "latch", claims: { entra: "oid" } };
const pagerduty = { address: "https://api.pagerduty.com" };
const asked = { identities: { ...identities, signIn }, onCall: { pagerduty, opsgenie: undefined } };

test("what the file asks for and the environment lacks is named, with what comes of it", () => {
  expect(missingSettings(asked, { publicUrl: undefined, onCallTokens: {} })).toEqual([
    expect.stringMatching(/^LATCH_PUBLIC_URL is not set: .*`\/jit link` is not offered$/u),
    expect.stringMatching(/^LATCH_PAGERDUTY_TOKEN is not set: .*`otherwise` answer instead$/u),
  ]);
});

test("what nobody asks for isn't missed, nor what is there", () => {
  const nothing = {
    identities: { ...identities, signIn: undefined },
    onCall: { pagerduty: undefined, opsgenie: undefined },
  };
  expect(missingSettings(nothing, { publicUrl: undefined, onCallTokens: {} })).toEqual([]);
  const there = { publicUrl: "https://latch.example", onCallTokens: { pagerduty: "t" } };
  expect(missingSettings(asked, there)).toEqual([]);
});

import { expect, test } from "vitest";
import {
  editClassicFirewall,
  readClassicFirewall,
} from "../../../../src/cloud/azure/classic-firewall/classic-document.ts";
import { customerCollections, FW } from "./firewall-world.ts";

const STRANGE = {
  name: "fw-Hub",
  id: FW,
  etag: 'W/"1"',
  location: "westeurope",
  extendedLocation: { name: "edge" },
  properties: {
    provisioningState: "Succeeded",
    sku: { name: "AZFW_VNet", tier: "Standard", novelty: 7 },
    novelty: { deep: [1, null] },
    ipConfigurations: [],
    natRuleCollections: [
      {
        name: "n",
        etag: "x",
        properties: { priority: 100, action: { type: "Dnat" }, rules: [{ name: "r", novelty: true }, { noName: 1 }] },
      },
    ],
    networkRuleCollections: [
      { name: "MDC-JIT-1", properties: { priority: 100, action: { type: "Allow" }, novelty: 1, rules: [] } },
      { name: "latch-ACME-deny", properties: { priority: 102, action: { type: "Deny" }, rules: [] } },
      { name: "latch-acme-2-deny", properties: { priority: 103, action: { type: "Deny" }, rules: [] } },
    ],
    applicationRuleCollections: customerCollections.applicationRuleCollections,
  },
};

test("all that isn't ours is sent back as it was answered, with what nobody here knows of", () => {
  const read = readClassicFirewall(JSON.stringify(STRANGE), undefined);
  const isOurs = (name: string): boolean => /^latch-acme-(?:nat|allow|deny)$/iu.test(name);
  const network = [{ name: "latch-acme-allow", priority: 101, action: "Allow", rules: [{ name: "r" }] }] as const;
  const sent: unknown = JSON.parse(editClassicFirewall(read, isOurs, { nat: [], network }));

  const { etag: _, ...rest } = STRANGE;
  const { provisioningState: __, ...properties } = STRANGE.properties;
  const [vendors, , others] = properties.networkRuleCollections;
  const ours = {
    name: "latch-acme-allow",
    properties: { priority: 101, action: { type: "Allow" }, rules: [{ name: "r" }] },
  };
  expect(sent).toEqual({
    ...rest,
    properties: { ...properties, networkRuleCollections: [vendors, others, ours] },
  });
});

test("the header's etag does where the body has none", () => {
  const { etag: _, ...rest } = STRANGE;
  expect(readClassicFirewall(JSON.stringify(rest), 'W/"2"').etag).toBe('W/"2"');
  expect(readClassicFirewall(JSON.stringify(STRANGE), 'W/"2"').etag).toBe('W/"1"');
});

test.each(["[]", "{}", '{"properties":[]}', "null"])("what is no firewall isn't read as an empty one: %s", (body) => {
  expect(() => readClassicFirewall(body, undefined)).toThrow("not a firewall");
});

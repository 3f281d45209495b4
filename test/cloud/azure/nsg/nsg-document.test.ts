import { expect, test } from "vitest";
import { editNsg, readNsg } from "../../../../src/cloud/azure/nsg/nsg-document.ts";

const answered = {
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n",
  name: "n",
  type: "Microsoft.Network/networkSecurityGroups",
  location: "westeurope",
  tags: { a: "b" },
  etag: 'W/"1"',
  extendedLocation: { name: "edge", type: "EdgeZone" },
  properties: {
    provisioningState: "Succeeded",
    resourceGuid: "guid",
    flushConnection: false,
    somethingOfNextYear: { deep: [1, null, "x"] },
    securityRules: [
      {
        name: "theirs",
        id: "…/theirs",
        etag: 'W/"1"',
        properties: { priority: 100, access: "Deny", alsoNew: { keep: true }, description: "" },
        extra: 1,
      },
      { name: "latch-acme-k7f3q2xd-tcp-4", properties: { priority: 101 } },
    ],
    defaultSecurityRules: [{ name: "AllowVnetInBound" }],
    subnets: [{ id: "…/subnets/a" }],
    networkInterfaces: [{ id: "…/nics/a" }],
  },
};
const read = () => readNsg(JSON.stringify(answered));

test("everything foreign goes back as it came, also what nobody knew when this was written", () => {
  const { etag: _, ...rest } = answered;
  expect(JSON.parse(editNsg(read(), [], []))).toEqual({
    ...rest,
    properties: {
      flushConnection: false,
      somethingOfNextYear: { deep: [1, null, "x"] },
      securityRules: answered.properties.securityRules,
    },
  });
});

test("only the named rules go, only the given ones come, by whatever case", () => {
  const sent = JSON.parse(
    editNsg(read(), ["LATCH-acme-k7f3q2xd-tcp-4"], [{ name: "new", properties: { priority: 7 } }]),
  );
  expect(sent.properties.securityRules).toEqual([
    answered.properties.securityRules[0],
    { name: "new", properties: { priority: 7 } },
  ]);
});

test("a rule put under a name that is there takes its place", () => {
  const put = { name: "latch-acme-k7f3q2xd-tcp-4", properties: { priority: 101, description: "longer" } };
  const sent = JSON.parse(editNsg(read(), [], [put]));
  expect(sent.properties.securityRules).toEqual([answered.properties.securityRules[0], put]);
});

test.each(["", "null", "[]", "{}", '{"etag":"x"}', "<html>"])("%j is not taken for an empty group", (body) => {
  expect(() => readNsg(body)).toThrow();
});

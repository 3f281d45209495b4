import { expect, test } from "vitest";
import {
  type ClassicCollection,
  readClassicFirewall,
} from "../../../../src/cloud/azure/classic-firewall/classic-document.ts";
import { type PlaceAsk, placeCollections } from "../../../../src/cloud/azure/classic-firewall/collection-place.ts";
import { cidr } from "../small-world.ts";
import { aNetworkCollection } from "./firewall-world.ts";

const SSH = { address: "10.0.1.4", port: { port: 22, protocol: "tcp" } } as const;
const OPENING = { addresses: ["10.0.1.4"], protocol: "tcp", ports: [22], sources: [cidr("203.0.113.7")] } as const;

const foreign = (...collections: ReturnType<typeof aNetworkCollection>[]): readonly ClassicCollection[] =>
  readClassicFirewall(JSON.stringify({ properties: { networkRuleCollections: collections } }), undefined).network;

const filled = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    aNetworkCollection(`other-${from + i}`, from + i, "Allow", { destinationPorts: ["443"] }),
  );

const place = (ask: Partial<PlaceAsk>) =>
  placeCollections({
    foreign: [],
    allowAt: undefined,
    denyAt: undefined,
    staying: [],
    added: [],
    closed: [],
    closing: [],
    overruled: new Set(),
    ...ask,
  });

test("alone, the allow has the first number and the deny the next", () => {
  expect(place({ added: [OPENING], closing: [SSH] })).toEqual({ kind: "place", allow: 100, deny: 101 });
});

test("the deny leaves the first free number to an allow that may come", () => {
  expect(place({ foreign: foreign(...filled(100, 103)), closing: [SSH] })).toEqual({
    kind: "place",
    allow: 104,
    deny: 105,
  });
});

test("the deny goes behind the last allow that speaks of what it closes", () => {
  const there = foreign(
    aNetworkCollection("a", 200, "Allow"),
    aNetworkCollection("b", 300, "Allow"),
    ...filled(301, 302),
  );
  expect(place({ foreign: there, closing: [SSH] })).toMatchObject({ deny: 303 });
  expect(place({ foreign: there, closing: [SSH], overruled: new Set(["b/rule"]) })).toMatchObject({ deny: 201 });
  expect(place({ foreign: there, closing: [SSH], overruled: new Set(["a/rule"]) })).toMatchObject({ deny: 101 });
  expect(place({ foreign: there, closing: [{ ...SSH, address: "10.0.1.5" }] })).toMatchObject({ deny: 101 });
});

test("the last two numbers before what is overruled do; one doesn't", () => {
  const two = foreign(...filled(100, 101), aNetworkCollection("a", 104, "Allow"));
  expect(place({ foreign: two, closing: [SSH], overruled: new Set(["a/rule"]) })).toEqual({
    kind: "place",
    allow: 102,
    deny: 103,
  });
  const one = foreign(...filled(100, 101), ...filled(103, 103), aNetworkCollection("a", 104, "Allow"));
  expect(place({ foreign: one, closing: [SSH], overruled: new Set(["a/rule"]) })).toEqual({
    kind: "none",
    reason: "no two numbers before `a` at priority 104 are free",
  });
});

test("both stay where they are while that is right", () => {
  const there = { allowAt: 120, denyAt: 500, closed: [SSH], staying: [OPENING] };
  expect(place(there)).toEqual({ kind: "place", allow: 120, deny: 500 });
  expect(place({ ...there, foreign: foreign(aNetworkCollection("deny", 110, "Deny")) })).toMatchObject({ allow: 100 });
  expect(place({ ...there, denyAt: 110 })).toEqual({ kind: "place", allow: 120, deny: 121 });
});

test("an allow moves forward when the deny needs to come before what is overruled", () => {
  const there = foreign(aNetworkCollection("a", 110, "Allow"));
  const moved = place({ foreign: there, allowAt: 120, denyAt: 121, closed: [SSH], overruled: new Set(["a/rule"]) });
  expect(moved).toEqual({ kind: "place", allow: 100, deny: 101 });
});

test("a deny before the first free number is named, unless only what stays is behind it", () => {
  const denied = foreign(...filled(100, 104), aNetworkCollection("deny", 105, "Deny"));
  expect(place({ foreign: denied, added: [OPENING] })).toEqual({
    kind: "none",
    reason: "`deny/rule` denies it at priority 105, and no number before that is free",
  });
  expect(place({ foreign: denied, allowAt: 106, staying: [OPENING] })).toMatchObject({ allow: 106 });
});

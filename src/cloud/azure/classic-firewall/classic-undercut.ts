/**
 * Which rules of others let in through an Azure Firewall what a block of ours is to keep out.
 *
 * A translation brings a permission of its own, which a network rule that denies the translated packet takes away: so a NAT rule of others
 * lets in only those whom a network rule of others allows before our deny.
 * https://learn.microsoft.com/azure/firewall/tutorial-firewall-dnat
 *
 * So say the pages about classic rules. That of Firewall Manager, about policies, has it that nothing takes the permission away:
 * https://learn.microsoft.com/azure/firewall-manager/rule-processing
 */

import type { ProtectionId } from "../../../access/identifier.ts";
import type { Block, ForeignAllow } from "../../firewall.ts";
import { asAsked, blocksIn, destinationsOf } from "./classic-block.ts";
import { type ClassicCollection, type ClassicRule, textsAt } from "./classic-document.ts";
import { type Destination, fitsDestination, fitsTranslation, protocolOf } from "./classic-extent.ts";
import { idOf, placeCollections, speaksOf } from "./collection-place.ts";
import type { Divided } from "./own-collections.ts";

export const undercutOf = (
  blocks: readonly Block[],
  divided: Divided,
): ReadonlyMap<ProtectionId, readonly ForeignAllow[]> =>
  new Map(blocks.map((block) => [block.protection, undercutting(block, blocks, divided)]));

const undercutting = (block: Block, blocks: readonly Block[], divided: Divided): readonly ForeignAllow[] => {
  const destinations = destinationsOf(block);
  const denyAt = denyOf(block, blocks, divided);
  const denies = divided.foreignNetwork.filter(({ action }) => action === "deny");
  const network = standing(divided.foreignNetwork, "allow").filter(
    ({ collection, rule }) =>
      collection.priority < denyAt &&
      destinations.some(
        (destination) =>
          speaksOf(rule, [destination]) &&
          !denies.some(
            (deny) => deny.priority < collection.priority && deny.rules.some((other) => stops(other, destination)),
          ),
      ),
  );
  const open = destinations.filter((destination) => network.some(({ rule }) => speaksOf(rule, [destination])));
  const nat = standing(divided.foreignNat, "dnat").filter(({ rule }) =>
    open.some((destination) => fitsTranslation(rule, destination) !== "no"),
  );
  return [...network, ...nat].map(foreignAllowOf);
};

/** Where the deny that closes this block stands, or would when it is made without overruling anything. */
const denyOf = (block: Block, blocks: readonly Block[], divided: Divided): number => {
  const holdings = blocksIn(divided);
  const there = holdings
    .map((holding) => asAsked(holding, blocks))
    .find((each) => each.protection === block.protection);
  const isThere =
    there?.block?.addresses.join() === block.addresses.join() && samePorts(there.block.ports, block.ports);
  if (isThere && divided.deny !== undefined) return divided.deny.priority;
  const closed = holdings.flatMap(({ observed }) =>
    observed.block === undefined ? [] : destinationsOf(observed.block),
  );
  const place = placeCollections({
    foreign: divided.foreignNetwork,
    allowAt: divided.allow?.priority,
    denyAt: divided.deny?.priority,
    staying: [],
    added: [],
    closed,
    closing: destinationsOf(block),
    overruled: new Set(),
  });
  return place.kind === "place" ? place.deny : Number.POSITIVE_INFINITY;
};

const samePorts = (some: Block["ports"], others: Block["ports"]): boolean =>
  JSON.stringify(some.map(({ port, protocol }) => [port, protocol])) ===
  JSON.stringify(others.map(({ port, protocol }) => [port, protocol]));

interface Standing {
  readonly collection: ClassicCollection;
  readonly rule: ClassicRule;
}

const standing = (collections: readonly ClassicCollection[], action: string): readonly Standing[] =>
  collections
    .filter((collection) => collection.action === action)
    .toSorted((a, b) => a.priority - b.priority)
    .flatMap((collection) => collection.rules.map((rule) => ({ collection, rule })));

/** Whether a deny of others keeps everybody from there anyway. */
const stops = (rule: ClassicRule, destination: Destination): boolean =>
  textsAt(rule.raw, "sourceAddresses").includes("*") && fitsDestination(rule, destination) === "yes";

const foreignAllowOf = ({ collection, rule }: Standing): ForeignAllow => ({
  id: idOf(collection, rule),
  name: idOf(collection, rule),
  priority: collection.priority,
  protocol: protocolOf(rule),
  ports: textsAt(rule.raw, "destinationPorts"),
  sources: [...textsAt(rule.raw, "sourceAddresses"), ...textsAt(rule.raw, "sourceIpGroups")],
});

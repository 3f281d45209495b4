/** The Azure Firewalls: what was asked of each, what the network obeys, and how one becomes the other. */

import type { OperationEnd } from "./asynchronous-operations.ts";
import { readFirewall } from "./firewall-validation.ts";
import type { AzureFirewall, FirewallContent, WrittenCollections, WrittenFirewall } from "./firewall-world.ts";
import { newEtag } from "./network-security-groups.ts";
import { idKey, lastName } from "./resource-identifiers.ts";
import type { ArmId, AzureWorld } from "./world.ts";

/** An immutable record; every change puts a new one in its place. */
export interface Firewall {
  readonly id: ArmId;
  readonly location: string;
  readonly privateAddress: string;
  /** One for the firewall and all its collections: `W/"…"`. */
  readonly etag: string;
  readonly state: "Succeeded" | "Updating" | "Failed";
  /** What a GET shows. */
  readonly goal: FirewallContent;
  /** What the network obeys; absent while the firewall is being made. */
  readonly obeyed: FirewallContent | undefined;
  readonly operation: { readonly id: string; readonly name: string } | undefined;
}

/**
 * What a GET shows after a write that failed: the rules from before, or the ones that were asked for and aren't in effect.
 * The latter has been seen of Azure: https://github.com/hashicorp/terraform-provider-azurerm/issues/12760
 */
export type AfterFailure = "old" | "asked";

export interface AzureFirewalls {
  readonly get: (id: ArmId) => Firewall | undefined;
  readonly all: () => readonly Firewall[];
  readonly put: (firewall: Firewall) => void;
  readonly settle: (id: ArmId, operationId: string, end: OperationEnd) => void;
  /** A colleague's change in the portal, done at once. Throws when Azure would refuse it. */
  readonly edit: (id: ArmId, edit: (content: FirewallContent) => WrittenCollections) => void;
  readonly obeyed: () => readonly AzureFirewall[];
}

export interface FirewallsDeps {
  readonly world: () => AzureWorld;
  readonly afterFailure: AfterFailure;
  /** Told when what the network obeys has changed. */
  readonly changed: (id: ArmId) => void;
}

export const createAzureFirewalls = ({ world, afterFailure, changed }: FirewallsDeps): AzureFirewalls => {
  const firewalls = new Map<string, Firewall>();

  for (const { id, location, privateAddress, ...written } of world().azureFirewalls ?? []) {
    const content = checkedContent(id, bodyOf(written), world());
    const idle = { state: "Succeeded", operation: undefined } as const;
    firewalls.set(idKey(id), {
      id,
      location,
      privateAddress,
      etag: newEtag(),
      goal: content,
      obeyed: content,
      ...idle,
    });
  }

  return {
    get: (id) => firewalls.get(idKey(id)),
    all: () => [...firewalls.values()],
    put: (firewall) => {
      firewalls.set(idKey(firewall.id), firewall);
    },
    settle: (id, operationId, end) => {
      const firewall = firewalls.get(idKey(id));
      if (firewall === undefined || firewall.operation?.id !== operationId) return;
      const { goal, obeyed } = firewall;
      const idle = { ...firewall, etag: newEtag(), operation: undefined };
      if (end === "Succeeded") firewalls.set(idKey(id), { ...idle, state: "Succeeded", obeyed: goal });
      else if (afterFailure === "asked") firewalls.set(idKey(id), { ...idle, state: "Failed" });
      else firewalls.set(idKey(id), { ...idle, state: "Failed", goal: obeyed ?? withoutRules(goal) });
      if (end === "Succeeded") changed(id);
    },
    edit: (id, edit) => {
      const firewall = firewalls.get(idKey(id));
      if (firewall === undefined) throw new Error(`no Azure Firewall \`${id}\` in the sandbox`);
      const apply = (content: FirewallContent): FirewallContent => {
        const { others, firewallPolicy, ...plain } = content;
        const written = { ...plain, ...edit(content), ...(firewallPolicy === undefined ? {} : { firewallPolicy }) };
        return { ...checkedContent(id, bodyOf(written), world()), others };
      };
      const goal = apply(firewall.goal);
      const running = firewall.operation !== undefined || firewall.state === "Failed";
      const obeyed = firewall.obeyed !== undefined && running ? apply(firewall.obeyed) : goal;
      firewalls.set(idKey(id), { ...firewall, goal, obeyed, etag: newEtag() });
      changed(id);
    },
    obeyed: () =>
      [...firewalls.values()].flatMap(({ id, location, privateAddress, obeyed }) =>
        obeyed === undefined ? [] : [{ id, location, privateAddress, ...obeyed }],
      ),
  };
};

const withoutRules = (content: FirewallContent): FirewallContent => ({
  ...content,
  natRuleCollections: [],
  networkRuleCollections: [],
  applicationRuleCollections: [],
});

type Written = Partial<Omit<FirewallContent, "firewallPolicy" | keyof WrittenCollections>> &
  WrittenCollections &
  Pick<WrittenFirewall, "ipConfigurations" | "firewallPolicy" | "tier">;

/** As one would send it. */
const bodyOf = ({ tags, zones, tier, sku, ipConfigurations, firewallPolicy, ...properties }: Written): unknown => ({
  tags,
  zones,
  properties: {
    ...properties,
    sku: sku ?? { name: "AZFW_VNet", tier: tier ?? "Standard" },
    ipConfigurations: ipConfigurations.map(({ name, publicAddress, subnet }) => ({
      name,
      properties: {
        ...(publicAddress === undefined ? {} : { publicIPAddress: { id: publicAddress } }),
        ...(subnet === undefined ? {} : { subnet: { id: subnet } }),
      },
    })),
    ...(firewallPolicy === undefined ? {} : { firewallPolicy: { id: firewallPolicy } }),
  },
});

const checkedContent = (id: ArmId, body: unknown, world: AzureWorld): FirewallContent => {
  const read = readFirewall(body, world);
  if (read.kind === "refused") throw new Error(`\`${lastName(id)}\`: ${JSON.stringify(read.answer.body)}`);
  return read.value.content;
};

/** What the charts ask, read off a machine's rules in the plain way the charts mean it: is there such a rule? */

import type { AwsTarget, AzureTarget } from "../cloud/rules.ts";
import { addressOf, firstAddress, lastAddress } from "./address.ts";
import { type AwsFacts, type AzureFacts, MANAGEMENT_PORTS } from "./charts.ts";
import { levelsOf } from "./nsg-levels.ts";
import type { Reachability } from "./reachability.ts";
import { fitOf } from "./security-groups.ts";

/** A rule of unknown extent counts as one that allows; the defaults don't count, else no machine would be without. */
export const azureFacts = (
  { nsgs, firewalls }: Reachability,
  targets: readonly AzureTarget[],
): Omit<AzureFacts, "jitEnabled"> => {
  const allowsAny = (allows: (target: AzureTarget, port: (typeof MANAGEMENT_PORTS)[number]) => boolean): boolean =>
    targets.some((target) => MANAGEMENT_PORTS.some((port) => allows(target, port)));
  const destinationOf = ({ privateAddress, applicationGroups, table }: AzureTarget) => {
    return { ...addressOf(privateAddress), applicationGroups, table };
  };
  const classicAllows = allowsAny((target, port) =>
    target.firewalls.some(
      (firewall) => firewall.kind === "classic" && firewalls.allows(firewall, destinationOf(target), port),
    ),
  );
  const someUnread = targets.some((target) => target.firewalls.some(({ kind }) => kind === "policy"));
  return {
    hasNsg: targets.some((target) => levelsOf(target).length > 0),
    nsgAllows: allowsAny((target, port) =>
      levelsOf(target).some(({ nsg }) => nsgs.allows(nsg, port, destinationOf(target))),
    ),
    hasFirewall: targets.some((target) => target.firewalls.length > 0),
    firewallAllows: classicAllows ? true : someUnread ? "unread" : false,
  };
};

/** "Any" is one rule from all of IPv4 or all of IPv6; two halves are not, to the chart. */
export const awsFacts = ({ book }: Reachability, targets: readonly AwsTarget[]): Omit<AwsFacts, "jitEnabled"> => ({
  groupAllowsAnyone: targets.some(({ groups, table }) =>
    groups.some(({ rules }) =>
      rules.some(
        (rule) =>
          MANAGEMENT_PORTS.some((port) => fitOf(rule, port) !== "no") &&
          (["ipv4", "ipv6"] as const).some((family) => {
            const [only] = book.entryOf(rule.source, family, table).certain;
            return only?.first === firstAddress(family) && only.last === lastAddress(family);
          }),
      ),
    ),
  ),
});

/** Words for what can't be done at a machine. */

import { code, literal, when } from "../mrkdwn.ts";
import { CLOUD_NAMES } from "../title.ts";
import type { Words } from "./words.ts";

export const machineWords: Words<
  "no-firewall" | "policy-firewall" | "no-address-in-family" | "firewall-unseen" | "inventory-old" | "cannot-check"
> = {
  "no-firewall": ({ machine, cloud }) =>
    cloud === "azure"
      ? `${literal(machine)} has no network security group and no firewall that I could add a rule to. Whoever looks after its network can add one.`
      : `${literal(machine)} has no security group that I could change. Whoever looks after its network can add one.`,

  "policy-firewall": ({ machine, firewall, policy }) =>
    `${literal(machine)} is behind the firewall ${code(firewall)}, whose rules are in the firewall policy ${code(policy)}. I can't change those. Whoever looks after that policy has to do it there.`,

  "no-address-in-family": ({ machine, family }) =>
    `${literal(machine)} has no ${family} address, so that source can't reach it. Ask from an ${family === "IPv4" ? "IPv6" : "IPv4"} address.`,

  "firewall-unseen": ({ machine }) =>
    `I can't see all that stands before ${literal(machine)}, so I can't promise to keep it closed. Whoever runs me can let me read its networks, firewalls and route tables.`,

  "inventory-old": ({ cloud, since }, { now, zone }) =>
    `I couldn't read the machines in ${CLOUD_NAMES[cloud]}${since === undefined ? "" : ` since ${when(since, now, zone)}`}, so I can't say yes: their tags may be others by now. Whoever runs me sees why in the log.`,

  "cannot-check": ({ what, isAsk = false, reference }) => {
    const cause = {
      people: "check who may do this",
      memory: "reach my memory",
      clouds: "look at the firewalls",
    }[what];
    // Memory that broke off may have kept what was written.
    const so = isAsk ? ", so I can't say yes." : what === "memory" ? "." : ". Nothing was changed.";
    return `I can't ${cause} right now${so} Try again in a minute. (ref ${literal(reference)})`;
  },
};

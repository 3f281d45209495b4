/** What isn't put back though a block is taken away, because another block wants it withheld. */

import { samePort } from "../../../access/port.ts";
import type { Changes } from "../../firewall.ts";
import { covers, showRule } from "./foreign-rule.ts";
import type { WithheldState } from "./withheld-state.ts";
import type { HeldBlock, WithheldRule } from "./withheld-text.ts";

/** A sentence for each rule and port. `before`: with the blocks that are taken away. */
export const staysWithheld = (
  before: WithheldState,
  after: WithheldState,
  unblock: Changes["unblock"],
  groupName: string,
): readonly string[] => {
  const said = unblock.flatMap(({ protection }) => {
    const gone = before.blocks.get(protection);
    if (gone === undefined) return [];
    return [...after.rules.values()].flatMap((rule) => {
      const others = [...after.blocks.values()].filter((block) => block?.ports.some((port) => covers(rule, port)));
      const isOfOneMachine = others.every((other) => other?.addresses.join() === gone.addresses.join());
      const who = isOfOneMachine
        ? "the machine is protected otherwise too"
        : "another machine of the group is protected";
      return stayingParts(rule, gone.ports).map(
        (part) => `\`${part}\` in ${groupName} stays withheld, because ${who}.`,
      );
    });
  });
  return [...new Set(said)].toSorted();
};

const stayingParts = (rule: WithheldRule, ports: HeldBlock["ports"]): readonly string[] => {
  const covered = ports.filter((port) => covers(rule, port));
  if (rule.out.length === 0 || covered.length === 0) return [];
  // Withheld as a whole.
  if (rule.ports === undefined) return [showRule(rule)];
  return covered
    .filter((port) => rule.out.some((other) => samePort(other, port)))
    .map(({ port }) => showRule({ ...rule, ports: { from: port, to: port } }));
};

/** The rules before the chosen machine, Latch's marked, what has just come, changed or gone highlighted. */

import { type ComponentChild, h } from "preact";
import type { RuleSet, ShownRule } from "../machines/shown.ts";
import { useRuleChanges } from "./rule-changes.ts";

export const RuleSets = ({ sets }: { readonly sets: readonly RuleSet[] }): ComponentChild => {
  const { changeOf, gone } = useRuleChanges(sets);
  if (sets.length === 0) return h("p", { class: "quiet" }, "No group and no firewall stands before it.");
  const left = [...new Set(gone.map(({ set }) => set))].filter(({ id }) => sets.every((set) => set.id !== id));
  return [...sets, ...left.map((set) => ({ ...set, rules: [] }))].map((set) =>
    h(
      "section",
      { key: set.id, class: "rule-set" },
      h("h4", null, set.name, set.isOurs ? ours : null, h("small", null, set.note ?? set.kind)),
      h(
        "ul",
        null,
        set.rules.map((rule) => ruleLine(rule, changeOf(set.id, rule.key))),
        gone.filter((each) => each.set.id === set.id).map(({ rule }) => ruleLine(rule, "gone")),
        set.rules.length === 0 && set.kind !== "Azure Firewall" && gone.every((each) => each.set.id !== set.id)
          ? h("li", { class: "quiet" }, "No inbound rules.")
          : null,
      ),
    ),
  );
};

const ours = h("span", { class: "badge ours" }, "Latch");

const BADGES = { fresh: "new", changed: "changed", gone: "removed" } as const;

const ruleLine = (rule: ShownRule, change: keyof typeof BADGES | undefined): ComponentChild =>
  h(
    "li",
    {
      key: `${rule.key}${change === "gone" ? " gone" : ""}`,
      class: `rule ${rule.verdict} ${change ?? ""} ${rule.isOurs ? "by-us" : ""}`,
    },
    h("span", { class: "rule-priority" }, rule.priority ?? ""),
    h("b", null, rule.verdict),
    h("span", null, `${rule.what} from ${rule.from}`),
    h(
      "span",
      { class: "rule-name" },
      rule.name,
      rule.isOurs ? ours : null,
      change === undefined ? null : h("span", { class: "badge" }, BADGES[change]),
    ),
    rule.about === undefined ? null : h("span", { class: "rule-about" }, rule.about),
  );

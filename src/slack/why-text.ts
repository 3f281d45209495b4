/** Why somebody gets to a machine or doesn't, in words for that person. */

import { showDuration } from "../access/duration.ts";
import type { Port } from "../access/port.ts";
import { ANYWHERE, type Cidr, showCidr } from "../access/source.ts";
import type { EpochMs } from "../access/time.ts";
import { lockedDown } from "../grants/lockdown.ts";
import { isKeptClosed, type Protection } from "../grants/protection.ts";
import { type PortRule, type Rule, showAllowed, sourcesFor } from "../policy/policy.ts";
import { doorWords, findingWords } from "../posture/finding-words.ts";
import { portsWords } from "../posture/reachable-words.ts";
import type { DoorFindings } from "../posture/why.ts";
import type { Explained } from "../workflow/standing-of-machines/explain-why.ts";
import { type Drawn, drawn } from "./blocks.ts";
import { few, listed, shortened } from "./lists.ts";
import { code, literal, showSource, when } from "./mrkdwn.ts";
import { rulesNamed } from "./protecting/words.ts";
import { fewReasons, refusalText, type Situation } from "./refusal-text.ts";
import { answersText, ruleLines } from "./rule-words.ts";
import { showSources } from "./sources-words.ts";
import { be, leadingTitle, servicesTitle } from "./title.ts";

export const drawWhy = (explained: Explained, now: EpochMs, zone: string, offersLinking = false): Drawn => {
  const { machine, grants, protection, lockdown } = explained;
  const open = grants.map(
    (grant) =>
      `${literal(leadingTitle(grant.services))} ${be(grant.services)} ${grant.openedAt === undefined ? "opening" : "open"} for you until ${when(grant.expiresAt, now, zone)}, from ${showSources(grant.sources)}.`,
  );
  return drawn(summary(explained), [
    ...(lockdown === undefined ? [] : [refusalText(lockedDown(lockdown), { now, zone, offersLinking })]),
    ...open,
    ...policyLines(explained, { now, zone, offersLinking }),
    protectionText(protection),
    ...firewallLines(explained, machine.name),
  ]);
};

const protectionText = (protection: Protection | undefined): string => {
  if (protection === undefined) return "It isn't protected: whom others' rules let in gets in without asking me.";
  const { services, targets } = protection;
  const title = literal(servicesTitle(services));
  if (!isKeptClosed(protection)) return `It is being protected: not every firewall keeps ${title} closed yet.`;
  const letting = targets.flatMap(({ undercut = [], overrules }) =>
    undercut.filter(({ id }) => !overrules.includes(id)),
  );
  const others = rulesNamed([...new Set(letting.map(({ name }) => name))]);
  const but = others === "" ? "" : `, and those whom ${others} lets in`;
  return `It is protected: ${title} ${be(services)} kept closed but for those whom I let in${but}.`;
};

/** The first line alone is enough on a phone. */
const summary = ({ machine, grants, offered, mayConfigure, lockdown }: Explained): string => {
  const name = literal(machine.name);
  if (lockdown !== undefined) return `Nothing opens on ${name} now.`;
  if (grants.some(({ openedAt }) => openedAt !== undefined)) return `${name} is open for you.`;
  if (grants.length > 0) return `${name} is being opened for you.`;
  const may = offered.filter(({ refusals }) => refusals.length === 0);
  if (may.length === 0)
    return mayConfigure ? `You may protect ${name}, but not ask for it.` : `You may not ask for ${name}.`;
  return `You may ask for ${literal(servicesTitle(may.map(({ line }) => line.name)))} on ${name}.`;
};

/** What is wrong with every port is said once. */
const policyLines = ({ rule, offered, mayConfigure }: Explained, situation: Situation): readonly string[] => {
  if (rule === undefined) return ["No rule of the policy speaks of it, so nobody may ask for it."];
  const ports = offered.map(({ line, refusals }) => ({
    line,
    problems: refusals.map((refusal) => refusalText(refusal, situation)),
  }));
  const everywhere = (ports[0]?.problems ?? []).filter((text) =>
    ports.every(({ problems }) => problems.includes(text)),
  );
  const ofPort = ports.map(({ line, problems }) => ({
    line,
    problems: problems.filter((text) => !everywhere.includes(text)),
  }));
  const isForOthers = offered.some(({ refusals }) => refusals.some((refusal) => refusal.code === "not-eligible"));
  return [
    `The policy says, in rule *${literal(rule.name)}*:`,
    ...[
      ...fewReasons(everywhere),
      ...ofPort.flatMap(({ line, problems }) =>
        problems.length === 0 && everywhere.length > 0 ? [] : [offerText(line, problems, rule)],
      ),
      ...(isForOthers ? [] : ruleLines(rule)),
      ...(mayConfigure ? ["You may protect it, and unprotect it."] : []),
    ].map((text) => `• ${text}`),
  ];
};

const offerText = (line: PortRule, problems: readonly string[], rule: Rule): string => {
  const title = literal(leadingTitle([line.name]));
  if (problems.length > 0) return `${title}: ${fewReasons(problems).join(" ")}`;
  const from = sourcesFor(rule, line).map((source) =>
    source.kind === "single-address" ? "one single address" : showSource(showAllowed(source)),
  );
  return `${title}: for ${showDuration(line.maximumMs)} at most, from ${listed(from, "or")}; ${answersText(rule.approve)}`;
};

const firewallLines = ({ findings, notLookedAt }: Explained, machine: string): readonly string[] => {
  if (findings === undefined) return [`I can't find what stands before ${literal(machine)} any more.`];
  const texts = findings.flatMap(({ port, source, doors }) =>
    doors.map((found) => {
      const way = doorWords(found, code);
      const from = ANYWHERE.includes(source) ? "anywhere" : showSource(showCidr(source));
      const to = found.door.kind === "translated" ? [] : [`to ${code(found.door.address)}`];
      const where = [`from ${from}`, ...to, ...(way === "" ? [] : [way])];
      const inside =
        found.onlyInside && found.verdict !== "deny" ? " (only from inside: it has no public address)" : "";
      const reasons = found.verdict === "partly" ? partlyWords(found) : findingWords(found.decisive, code);
      const shown = shortened(reasons, MOST_REASONS).join("; ");
      return { port, text: `${where.join(" ")}: ${VERDICTS[found.verdict]}${inside}; ${shown}.` };
    }),
  );
  const grouped = [...Map.groupBy(texts, ({ text }) => text)].map(([text, same]) => {
    const ports: readonly Port[] = same.map(({ port }) => port);
    return `• ${portsWords(ports)} ${text}`;
  });
  return [
    "What the firewalls do with each port:",
    ...grouped.slice(0, MOST_LINES),
    ...(grouped.length > MOST_LINES ? [`• and ${grouped.length - MOST_LINES} more`] : []),
    ...cutText(notLookedAt),
  ];
};

/** Who gets in by what, and what is in the way of the others. */
const partlyWords = ({ decisive }: DoorFindings): readonly string[] => {
  const [others, some] = [
    decisive.filter(({ verdict }) => verdict === "deny"),
    decisive.filter(({ verdict }) => verdict !== "deny"),
  ];
  const letIn = Map.groupBy(
    some.flatMap((finding) => findingWords([finding], code).map((words) => ({ words, sources: finding.sources }))),
    ({ words }) => words,
  );
  return [
    ...[...letIn].map(([words, same]) => `from ${sourcesText(same.flatMap(({ sources }) => sources))}: ${words}`),
    ...findingWords(others, code).map((words) => `else: ${words}`),
  ];
};

const sourcesText = (prefixes: readonly Cidr[]): string =>
  few(
    prefixes.map((prefix) => showSource(showCidr(prefix))),
    MOST_SOURCES,
  );

/** What wasn't looked at is said. */
const cutText = ({ ports, sources }: Explained["notLookedAt"]): readonly string[] => {
  const more = [
    ...(ports === 0 ? [] : [`${ports} more ${ports === 1 ? "port" : "ports"}`]),
    ...(sources === 0 ? [] : [`${sources} more ${sources === 1 ? "source" : "sources"}`]),
  ];
  return more.length === 0 ? [] : [`I didn't look at ${listed(more)}.`];
};

const VERDICTS = {
  allow: "open",
  deny: "closed",
  unknown: "open or closed, I can't say which",
  partly: "open in part",
} as const;

const MOST_REASONS = 4;
const MOST_SOURCES = 4;
const MOST_LINES = 24;

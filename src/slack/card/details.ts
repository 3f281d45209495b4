/** What an approver decides by, in small print under the question. */

import type { KnownBlock } from "@slack/types";
import { showDuration } from "../../access/duration.ts";
import type { Machine } from "../../access/machine.ts";
import { portKey } from "../../access/port.ts";
import type { EpochMs } from "../../access/time.ts";
import type { AccessRequest } from "../../grants/request.ts";
import { showAllowed, sourcesFor } from "../../policy/policy.ts";
import type { DecidingFacts } from "../../workflow/card-facts.ts";
import { nextReminderToAnswer } from "../../workflow/remind.ts";
import { stepInTurn } from "../../workflow/step-people.ts";
import { cut } from "../blocks.ts";
import { few } from "../lists.ts";
import { code, literal, mention, when } from "../mrkdwn.ts";
import { sources as allowedSources } from "../refusals/words.ts";
import { showSources } from "../sources-words.ts";
import { accessTitle } from "../title.ts";

/** A line for each thing that is known; a phone shows them under the question, each on its own. */
export const detailBlocks = (
  request: AccessRequest,
  facts: DecidingFacts,
  now: EpochMs,
  zone: string,
): readonly KnownBlock[] => {
  const lines = [
    ...whoAsks(request),
    ...whichMachine(facts),
    ...whatOpens(request, facts),
    ...whoHasAccess(request, facts, now, zone),
    ...askedBefore(facts, now, zone),
    ...whichRule(facts),
    ...whatComesNext(request, now, zone),
  ];
  return texts(lines.map((line) => cut(line, LINE))).map((text) => ({
    type: "context",
    elements: [{ type: "mrkdwn", text }],
  }));
};

/** For the line that says what is needed; empty where somebody has. */
export const nobodyHasAccess = ({ open }: DecidingFacts): string =>
  open?.length === 0 ? " · nobody has access now" : "";

/** Elements of one context stand side by side, so lines go into one; more where they are longer than a text may be. */
const texts = (lines: readonly string[]): readonly string[] => {
  const found: string[] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= CONTEXT_TEXT)
      found[found.length - 1] = `${last}\n${line}`;
    else found.push(line);
  }
  return found;
};

const whoAsks = ({ requesterKnown = [] }: AccessRequest): readonly string[] =>
  requesterKnown.length === 0 ? [] : [`*Who asks*: ${few(requesterKnown.map(showIdentity), 4)}, as known then`];

/** `entra:1111…` → Entra ID `1111…` */
const showIdentity = (known: string): string => {
  const [where = "", ...rest] = known.split(":");
  const id = rest.join(":");
  return `${WHERE[where] ?? literal(where)} ${code(cut(id, 80))}`;
};

const WHERE: Readonly<Record<string, string>> = {
  entra: "Entra ID",
  aws: "AWS",
  pagerduty: "PagerDuty",
  opsgenie: "Opsgenie",
};

const whichMachine = ({ machine }: DecidingFacts): readonly string[] => {
  if (machine === undefined) return [];
  const { cloud, account, region, id, tags, power } = machine;
  const shown = Object.entries(tags).map(([name, value]) => `${short(name, 40)}=${short(value, 40)}`);
  const where = `${cloud === "azure" ? "Azure, subscription" : "AWS, account"} ${short(account, 40)}, ${short(region, 40)}`;
  const off = power === "stopped" ? ", *switched off*" : "";
  return [
    `*Machine* ${short(machine.name, 200)} · ${where} · ${shortId(cloud, id)}${off}`,
    ...(shown.length === 0 ? [] : [`*Tags* ${few(shown, MOST_TAGS)}`]),
  ];
};

/** Of an Azure id the end is the name, which is said already. https://learn.microsoft.com/azure/azure-resource-manager/management/overview#terminology */
const shortId = (cloud: Machine["cloud"], id: string): string => {
  if (cloud === "aws") return code(cut(id, 60));
  const group = /\/resourcegroups\/([^/]+)\//iu.exec(id)?.[1];
  return group === undefined ? code(cut(id.split("/").at(-1) ?? id, 60)) : `resource group ${short(group, 60)}`;
};

const whatOpens = ({ ports, sources, machine }: AccessRequest, { addresses }: DecidingFacts): readonly string[] => {
  const to = addresses === undefined || addresses.length === 0 ? [short(machine.name, 200)] : addresses.map(code);
  return [`*Opens* ${few(to, 6)}, ${few(ports.map(portKey), 12)}, from ${showSources(sources)}`];
};

const whoHasAccess = (
  { extends: own }: AccessRequest,
  { open = [] }: DecidingFacts,
  now: EpochMs,
  zone: string,
): readonly string[] => {
  const shown = (sharing: boolean): readonly string[] =>
    open
      .filter((each) => each.sharing === sharing && each.grant.id !== own)
      .map(({ grant }) => `${mention(grant.requester.user)} until ${when(grant.expiresAt, now, zone)}`);
  const [same, others] = [shown(true), shown(false)];
  return [
    ...(same.length === 0 ? [] : [`*Let in already* (same port, same source): ${few(same, 4)}`]),
    ...(others.length === 0 ? [] : [`*Have access now* by other ports or from elsewhere: ${few(others, 4)}`]),
  ];
};

const askedBefore = ({ latest }: DecidingFacts, now: EpochMs, zone: string): readonly string[] => {
  if (latest === undefined) return [];
  if (latest.length === 0) return ["*Asked before*: nothing that I know of"];
  const shown = latest.map(
    (each) => `${short(accessTitle(each), 80)} (${becameOf(each)}, ${when(each.askedAt, now, zone)})`,
  );
  return [`*Asked before*: ${shown.join("; ")}`];
};

const becameOf = ({ breakGlass, state, extends: made }: AccessRequest): string => {
  const longer = made === undefined ? "" : "longer, ";
  if (breakGlass !== undefined) return `${longer}break-glass`;
  if (state.kind !== "approved") return `${longer}${BECAME[state.kind]}`;
  return `${longer}${state.approvals.length > 0 ? "approved" : "opened without approval"}`;
};

const BECAME: Readonly<Record<Exclude<AccessRequest["state"]["kind"], "approved">, string>> = {
  pending: "still waiting",
  denied: "denied",
  withdrawn: "withdrawn",
  lapsed: "nobody answered",
};

const whichRule = ({ rule: found }: DecidingFacts): readonly string[] => {
  if (found === undefined) return [];
  const { rule, lines } = found;
  const shown = lines.map(
    (line) =>
      `${short(line.name, 40)} for ${showDuration(line.maximumMs)} at most, from ${allowedSources(sourcesFor(rule, line).map(showAllowed))}`,
  );
  return [`*Rule* ${short(rule.name, 80)}${shown.length === 0 ? "" : ` gives ${few(shown, 4)}`}`];
};

const whatComesNext = (request: AccessRequest, now: EpochMs, zone: string): readonly string[] => {
  const due = stepInTurn(request);
  const more = due === undefined ? false : due.missing > 1 || request.steps.length > due.index + 1;
  const yes = more
    ? "Others have to approve too"
    : request.extends === undefined
      ? "It opens at once"
      : "It stays open longer at once";
  const at = nextReminderToAnswer(request);
  const reminder =
    at === undefined || at <= now
      ? []
      : [
          `*If nobody answers*: I ${request.reminded === undefined ? "remind you" : "tell others"} at ${when(at, now, zone)}.`,
        ];
  return [`*If you approve*: ${yes}.`, ...reminder];
};

/** Cut as it is read, before anything is escaped. */
const short = (text: string, longest: number): string => literal(cut(text, longest));

const MOST_TAGS = 5;
/** All blocks together may say about 12,000 characters. */
const LINE = 450;
/** https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
const CONTEXT_TEXT = 3_000;

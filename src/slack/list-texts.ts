/** Lists that only the person who typed the command sees: what is theirs, what they may ask for, who has access. */

import { shortDuration, showDuration } from "../access/duration.ts";
import type { EpochMs } from "../access/time.ts";
import type { Grant } from "../grants/grant.ts";
import { lockedDown } from "../grants/lockdown.ts";
import type { AccessRequest } from "../grants/request.ts";
import { type Rule, showAllowed, stepsOf } from "../policy/policy.ts";
import type { ToAnswer } from "../workflow/awaiting-answer.ts";
import type { MachineList, OfferedMachine } from "../workflow/list-machines.ts";
import type { Listed } from "../workflow/list-mine.ts";
import type { WhoHas } from "../workflow/who-has.ts";
import { type Drawn, lines } from "./blocks.ts";
import { isClosing, type ShownAt, stateOf } from "./home/doors.ts";
import { questionText } from "./home/view.ts";
import { few } from "./lists.ts";
import { code, escapeMrkdwn, literal, mention, when } from "./mrkdwn.ts";
import { refusalText } from "./refusal-text.ts";
import { answerButtons } from "./reviewing/answer-buttons.ts";
import { showSources } from "./sources-words.ts";
import { lengthText } from "./step-words.ts";
import { boldTitle, servicesTitle } from "./title.ts";

/** Nothing is left out unsaid: what is too much for one message is counted. `addressPage`: there is one that sees where people are. */
export const drawListed = (
  { pending, open, awaiting, lockdown }: Listed,
  now: EpochMs,
  zone: string,
  addressPage: boolean,
): Drawn => {
  const at = { now, zone };
  const { requests, more } = awaiting;
  const locked = lockdown === undefined ? [] : [refusalText(lockedDown(lockdown), at)];
  if (pending.length + open.length + requests.length + more === 0)
    return said(locked[0] ?? "Nothing is open for you, and nothing is waiting. `/jit help` shows how to ask.");
  const answerable = requests.slice(0, ANSWERED_AT_ONCE);
  const unshown = requests.length - answerable.length + more;
  const forYou = requests.length + more === 0 ? "" : `, ${requests.length + more} waiting for your answer`;
  const first = `${open.length} open, ${pending.length} waiting${forYou}`;
  return {
    text: first,
    blocks: [
      ...lines([
        ...locked,
        ...shortened(
          open.map((grant) => openLine(grant, at, addressPage)),
          "open",
        ),
        ...shortened(
          pending.map((request) => pendingLine(request, at)),
          "waiting",
        ),
        ...(requests.length + more === 0 ? [] : ["*Waiting for your answer*"]),
      ]),
      ...answerable.flatMap((each) => drawQuestion(each, at)),
      ...(unshown === 0 ? [] : lines([`and ${unshown} more that may wait for you: their cards are in the channel.`])),
    ],
  };
};

const openLine = (grant: Grant, at: ShownAt, addressPage: boolean): string =>
  `${boldTitle(grant)} · ${stateOf(grant, at)}, from ${showSources(grant.sources)}${isClosing(grant, at.now) ? "" : ` · ${code(`/jit extend ${grant.id} 1h`)}${addressPage ? ` · ${code(`/jit moved ${grant.id}`)}` : ""} · ${code(`/jit close ${grant.id}`)}`}`;

const pendingLine = (request: AccessRequest, { now, zone }: ShownAt): string =>
  `${boldTitle(request)} ${lengthText(request, now, zone)} · waiting for an answer until ${when(request.answerBy, now, zone)} · ${code(`/jit close ${request.id}`)}`;

const drawQuestion = ({ request, mayApprove }: ToAnswer, at: ShownAt): Drawn["blocks"] => [
  ...lines(questionText(request, at).split("\n")),
  answerButtons(request, mayApprove),
];

export const drawMachines = ({ machines, count }: MachineList, text: string): Drawn => {
  if (count === 0)
    return said(
      text === ""
        ? "There is no machine that you may ask for. Whoever looks after the policy can change that."
        : `No machine that you may ask for fits “${literal(text)}”. \`/jit machines\` shows all.`,
    );
  const left = count - machines.length;
  const first = count === 1 ? "You may ask for one machine:" : `You may ask for ${count} machines:`;
  return {
    text: first,
    blocks: lines([
      text === "" ? first : `${first.slice(0, -1)} that fit “${literal(text)}”:`,
      ...machines.map(machineLine),
      ...(left === 0 ? [] : [`and ${left} more. \`/jit machines prod-\` shows those with prod- in their name.`]),
    ]),
  };
};

const machineLine = ({ machine, rule, lines: offered }: OfferedMachine): string => {
  const ports = few(
    offered.map(({ name, maximumMs }) => `${escapeMrkdwn(servicesTitle([name]))} up to ${showDuration(maximumMs)}`),
    MOST_PORTS,
  );
  const approval = stepsOf(rule).length === 0 ? "no approval needed" : "needs approval";
  const where = rule.defaultSource === undefined ? ` · from ${few(rule.sources.map(showAllowedSource), 6)}` : "";
  return `• *${literal(machine.name)}* · ${ports} · ${approval}${where}`;
};

export const drawWhoHas = ({ machine, grants }: WhoHas, now: EpochMs, zone: string): Drawn => {
  const name = literal(machine.name);
  const note = `What its own rules let in beside that: ${code(`/jit why ${machine.name}`)}`;
  if (grants.length === 0) return said(`Nobody has access to ${name} through me now.`, note);
  const first = `${grants.length === 1 ? "One access" : `${grants.length} accesses`} to ${name} now:`;
  return {
    text: first,
    blocks: lines([
      first,
      ...shortened(
        grants.map(
          (grant) =>
            `• ${mention(grant.requester.user)} · ${escapeMrkdwn(servicesTitle(grant.services))} from ${showSources(grant.sources)} · ${stateOf(grant, { now, zone })}`,
        ),
        "open",
      ),
      note,
    ]),
  };
};

/** `ssh prod-vm-3 3h`: what somebody can type as it stands. */
export const exampleAsk = ({ machine, lines: offered }: OfferedMachine): string => {
  const name = /\s/u.test(machine.name) ? `"${machine.name}"` : machine.name;
  // A service's name is easier to remember than a number.
  const line = offered.find((each) => /^[a-z]/iu.test(each.name)) ?? offered[0];
  return line === undefined ? `ssh ${name} 1h` : `${line.name} ${name} ${shortDuration(line.maximumMs)}`;
};

const showAllowedSource = (source: Rule["sources"][number]): string =>
  source.kind === "single-address" ? "any single address" : literal(showAllowed(source));

const shortened = (texts: readonly string[], what: string): readonly string[] =>
  texts.length <= SHOWN_AT_ONCE
    ? texts
    : [...texts.slice(0, SHOWN_AT_ONCE), `and ${texts.length - SHOWN_AT_ONCE} more ${what}.`];

const said = (...texts: readonly string[]): Drawn => ({ text: texts[0] ?? "", blocks: lines(texts) });

/** A message takes 50 blocks; a question is two of them. */
const ANSWERED_AT_ONCE = 10;
const SHOWN_AT_ONCE = 20;
const MOST_PORTS = 8;

/** The page that sees where somebody is: one button, one box to tick; without scripts it sees the one address that it was reached from. */

import { html, raw } from "hono/html";
import { lengthOf, parseDuration, showDuration } from "../access/duration.ts";
import { type Cidr, showCidr } from "../access/source.ts";
import type { EpochMs } from "../access/time.ts";
import type { Offer, Wanted } from "../workflow/my-address/address-memory.ts";
import type { DeadLink, Used } from "../workflow/my-address/visit.ts";
import { drawSorry, type Page, page, type Words } from "./page.ts";

export interface AskFacts {
  /** `undefined`: it can't be told. */
  readonly seen: Cidr | undefined;
  readonly action: string;
  /** Other names of ours, where the same person may be seen from another address. */
  readonly others: readonly string[];
  /** What the browser shows there. */
  readonly ticket: string;
  readonly nonce: string;
  readonly accessTitle: AccessTitle;
}

/** As every other message calls an access: `SSH to prod-vm-3`. */
export type AccessTitle = (services: readonly string[], machine: string) => string;

export const drawAsk = (offer: Offer, facts: AskFacts): Page => {
  const { seen, action, others, ticket, nonce } = facts;
  if (seen === undefined && others.length === 0) return drawSorry(UNSEEN, nonce);
  const first = seen === undefined ? "" : html`<li><code>${showCidr(seen)}</code></li>`;
  return page(
    "Your address",
    html`<h1>Let in the address you are at?</h1>
<p>${offer.name} (<code>${offer.person.user}</code>) ${wantedText(offer.wanted, facts.accessTitle)}</p>
<p>You are seen at:</p>
<ul id="seen">${first}</ul>
<p>Go on only if that is you, and if this is the device you want to connect from. If somebody sent you this page, close it.</p>
<form method="post" action="${action}" data-others="${JSON.stringify(others)}" data-ticket="${ticket}">
<label><input type="checkbox" name="remember" value="day"> Remember it for a day, for when you name no source</label>
<button>Use this address</button>
</form>
${others.length === 0 ? "" : html`<script nonce="${nonce}">${raw(SCRIPT)}</script>`}`,
    nonce,
  );
};

export interface UsedFacts {
  /** In plain words. */
  readonly refusals: readonly string[];
  readonly now: EpochMs;
  readonly nonce: string;
  readonly accessTitle: AccessTitle;
}

export const drawUsed = ({ seen, outcome }: Used, { refusals, now, nonce, accessTitle }: UsedFacts): Page => {
  const where = seen.map(showCidr).join(" and ");
  if ("refusals" in outcome)
    return page(
      "Not asked",
      html`<h1>That didn't work</h1>
<p>You were seen at <strong>${where}</strong>.</p>
${refusals.map((text) => html`<p>${text}</p>`)}
<p>Ask again in Slack; you can close this page.</p>`,
      nonce,
    );
  const { services, machine, sources, state, end, moves } = outcome;
  const what = accessTitle(services, machine.name);
  const from = sources.map(showCidr).join(" and ");
  const [title, text] =
    state.kind !== "approved"
      ? ["Asked", `${what} for ${showDuration(lengthOf(end, now))}, from ${from}: asked. Somebody has to approve it.`]
      : moves === undefined
        ? ["Opening", `${what} is being opened for you from ${from}.`]
        : ["Moving", `${what} is being opened for you from ${from}. What was open from elsewhere closes once it is.`];
  return page(
    title,
    html`<h1>${title}</h1>
<p>${text}</p>
<p>Slack tells you when you can connect. You can close this page.</p>`,
    nonce,
  );
};

export const drawDead = (because: DeadLink["because"], nonce: string): Page => drawSorry(DEAD[because], nonce);

export const UNSEEN: Words = [
  "I can't see where you are",
  "Nothing between us that I can believe says which address you come from. Perhaps a proxy on the way isn't named; whoever runs me has to set LATCH_TRUSTED_PROXIES then. Ask again in Slack, with from and your address.",
];

export const OUT_OF_ORDER: Words = [
  "That didn't work",
  "Something isn't answering right now, so nothing was asked. Try again in a minute, or ask again in Slack.",
];

export const NOT_PRESSED_HERE: Words = [
  "Nothing was asked",
  "That didn't come from our page. Open the link in Slack, and press the button there.",
];

const OVER: Words = [
  "This link is over",
  "It was used already, or it is older than ten minutes. Ask again in Slack for another.",
];

const DEAD: Readonly<Record<DeadLink["because"], Words>> = {
  unknown: OVER,
  over: OVER,
  used: OVER,
  "other-browser": [
    "This link was opened elsewhere",
    "It works only in the browser that opened it first. If that wasn't yours, ask again in Slack, and give the link to nobody.",
  ],
};

const wantedText = (wanted: Wanted, accessTitle: AccessTitle): string => {
  if (wanted.kind === "move") return `moved, and wants ${accessTitle(wanted.services, wanted.machine)} from here.`;
  const { services, machine, end, because, breakGlass = false } = wanted.ask;
  const how = breakGlass
    ? "breaks the glass: it opens at once, and everybody who would have been asked is told. Wanted is"
    : "asks for";
  return `${how} ${accessTitle(services, machine)} ${endText(end)}${because === "" ? "." : `: “${because}”`}`;
};

/** `2h` and `PT2H` are `for 2 hours`; what isn't a length stays as it was typed: `until 18:00`. */
const endText = (typed: string): string => {
  const length = parseDuration(typed);
  return typeof length === "number" ? `for ${showDuration(length)}` : typed;
};

/** Each of our other names tells what it saw, signed; the form sends that along. */
const SCRIPT = `
const form = document.querySelector("form");
for (const other of JSON.parse(form.dataset.others)) {
  fetch(other, { method: "POST", body: form.dataset.ticket, credentials: "omit", cache: "no-store" })
    .then((answer) => (answer.ok ? answer.json() : undefined))
    .then((seen) => {
      if (seen === undefined) return;
      const also = document.createElement("input");
      also.type = "hidden";
      also.name = "also";
      also.value = seen.proof;
      form.append(also);
      const list = document.getElementById("seen");
      if ([...list.children].some((each) => each.textContent === seen.shown)) return;
      const item = document.createElement("li");
      const code = document.createElement("code");
      code.textContent = seen.shown;
      item.append(code);
      list.append(item);
    })
    .catch(() => undefined);
}
`;

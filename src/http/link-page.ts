/** The pages between `/jit link` and `/jit link <code>`: without scripts. */

import { html } from "hono/html";
import type { Invitation } from "../identity/links.ts";
import type { Outcome } from "../identity/visiting.ts";
import { drawSorry, type Page, page } from "./page.ts";

/** `nonce` is the one that the page's content security policy lets style it. */
export const drawAsk = (
  { name, person }: Invitation,
  { provider, action, nonce }: { readonly provider: string; readonly action: string; readonly nonce: string },
): Page =>
  page(
    `Link ${name}`,
    html`<h1>Are you ${name}?</h1>
<p>${name} (<code>${person.user}</code>) asked in Slack to be known as whoever signs in at <strong>${provider}</strong> now.</p>
<p>Go on only if that is your Slack account and you asked for it yourself a moment ago. If somebody sent you this page, close it.</p>
<form method="post" action="${action}"><button>Sign in at ${provider}</button></form>`,
    nonce,
  );

export const drawOutcome = (outcome: Outcome, nonce: string): Page => {
  if (outcome.kind === "not-proven") return drawSorry(NOT_PROVEN[outcome.because], nonce);
  const { code, name, proof, shownAs } = outcome;
  return page(
    "One more step",
    html`<h1>One more step, in Slack</h1>
<p>You signed in as <strong>${shownAs}</strong>. To link it to ${name} (<code>${proof.person.user}</code>), type this in Slack within ten minutes:</p>
<p class="code"><code>/jit link ${code}</code></p>
<p>It works for ${name} alone. Give it to nobody: whoever asks you for it wants to act as you.</p>`,
    nonce,
  );
};

export const LINK_IS_OVER = [
  "This link is over",
  "It was used already, or it is older than ten minutes. Type /jit link in Slack for another.",
] as const;

export const OUT_OF_ORDER = [
  "That didn't work",
  "Something isn't answering right now, so nothing was linked. Type /jit link in Slack to try again in a minute.",
] as const;

const NOT_PROVEN = {
  unknown: [
    "Nothing was linked",
    "You didn't begin here, not in this browser, or more than ten minutes ago. Type /jit link in Slack to begin.",
  ],
  declined: ["Nothing was linked", "The sign-in was called off. Type /jit link in Slack to begin again."],
  invalid: [
    "Nothing was linked",
    "The sign-in answered something that can't be believed; whoever runs Latch finds it in the log. Type /jit link in Slack to try again.",
  ],
  nobody: [
    "Nothing was linked",
    "You signed in, but the sign-in doesn't say who you are in the clouds. Whoever runs Latch has to look at signIn in its configuration.",
  ],
} as const;

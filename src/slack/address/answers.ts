/** Where somebody has yet to say where they are: a link to the page that sees it, for their eyes only. */

import type { Button } from "@slack/types";
import { isRefusal } from "../../access/refusal.ts";
import type { OfferAddress } from "../../workflow/my-address/offer.ts";
import type { Ask } from "../../workflow/submit-request.ts";
import type { Answers } from "../answer.ts";
import { type Drawn, drawn } from "../blocks.ts";
import { escapeMrkdwn } from "../mrkdwn.ts";
import { accessTitle } from "../title.ts";

export interface AddressAnswers {
  /** Nothing else is in the ask's way. */
  readonly whereFor: (user: string, text: string, ask: Ask) => Promise<Drawn>;
  readonly moved: (user: string, text: string, grantId: string) => Promise<Drawn>;
}

export const createAddressAnswers = (offer: OfferAddress, answers: Answers): AddressAnswers => ({
  whereFor: async (user, text, ask) => {
    const link = await answers.orCannotCheck("offer a link", () => offer.forAsk(ask, user));
    return isRefusal(link) ? answers.refused(user, text, [link], ask) : drawWhere(ask, link);
  },
  moved: async (user, text, grantId) => {
    const link = await answers.orCannotCheck("offer a link", () => offer.forMove(grantId, user));
    return isRefusal(link) ? answers.refused(user, text, [link]) : drawMoved(link);
  },
});

export const drawWhere = ({ services, machine, breakGlass = false }: Ask, link: URL): Drawn =>
  drawn(
    `Where will you connect from? I need your address for ${escapeMrkdwn(accessTitle({ services, machine: { name: machine } }))}${breakGlass ? ", by break-glass" : ""}.`,
    [
      `${breakGlass ? "Once you press there it opens at once, and everybody who would have been asked is told. " : ""}The link shows me where you are. ${ONCE} Or ask again with \`from\` and an address or a network.`,
    ],
    [linkButton("Use my address", link)],
  );

const drawMoved = (link: URL): Drawn =>
  drawn(
    "Where are you now?",
    [
      `The link shows me. ${ONCE} I open it from there first, and then close it from where you were; it still ends at the same time.`,
    ],
    [linkButton("Use my address", link)],
  );

const ONCE = "It is for you alone, counts once, and for ten minutes. Open it where you will connect from.";

/** Slack opens it by itself, and tells us of the click as of any other. https://docs.slack.dev/reference/block-kit/block-elements/button-element */
const linkButton = (label: string, link: URL): Button => ({
  type: "button",
  text: { type: "plain_text", text: label },
  action_id: ADDRESS_LINK,
  url: link.href,
  style: "primary",
});

export const ADDRESS_LINK = "address.link";

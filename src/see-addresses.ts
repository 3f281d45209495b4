/** Where people are, as our page sees them: the links to it, and what comes of them. */

import { createSignedSecrets } from "./access/signed-secret.ts";
import type { AddressRoutesDeps } from "./http/address-routes.ts";
import { problemOf } from "./operator-log.ts";
import type { Parts } from "./parts.ts";
import { plainText } from "./slack/plain-text.ts";
import { refusalsText } from "./slack/refusal-text.ts";
import { accessTitle } from "./slack/title.ts";
import { createMove } from "./workflow/my-address/move.ts";
import { type AddressDeps, createOfferAddress, type OfferAddress } from "./workflow/my-address/offer.ts";
import { createVisiting } from "./workflow/my-address/visit.ts";
import { createSubmitRequest } from "./workflow/submit-request.ts";

export const offerAddress = (parts: AddressParts): OfferAddress => createOfferAddress(addressDeps(parts));

/** `undefined`: nobody reaches us. */
export const addressPage = (parts: Parts): AddressRoutesDeps | undefined => {
  const deps = addressDeps(parts);
  if (deps === undefined) return undefined;
  const { settings, workflow, log } = parts;
  const { publicUrlIpv4, publicUrlIpv6, trustedProxies } = settings;
  const { clock, zone } = workflow;
  return {
    visiting: createVisiting({
      ...deps,
      submitRequest: createSubmitRequest(workflow),
      move: createMove(workflow),
      startAnew: parts.people.directory.startAnew,
    }),
    secrets: deps.secrets,
    publicUrl: deps.publicUrl,
    otherUrls: [publicUrlIpv4, publicUrlIpv6].filter((url) => url !== undefined),
    trustedProxies,
    clock,
    sayWhyNot: (refusals) =>
      plainText(refusalsText(refusals, { now: clock.now(), zone: zone(), offersLinking: false })).split("\n"),
    accessTitle: (services, machine) => accessTitle({ services, machine: { name: machine } }),
    failed: (error) => log.error(problemOf(error), "the page that sees addresses is out of order"),
  };
};

type AddressParts = Pick<Parts, "settings" | "workflow" | "memory" | "current">;

const addressDeps = ({ settings, workflow, memory, current }: AddressParts): AddressDeps | undefined => {
  const { publicUrl, slack } = settings;
  if (publicUrl === undefined) return undefined;
  const secrets = createSignedSecrets(slack.botToken, `address ${current.config().installation}`);
  return { ...workflow, addresses: memory.addresses, secrets, publicUrl };
};

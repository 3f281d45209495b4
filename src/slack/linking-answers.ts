/** Who people are in the clouds, in words for themselves: while they link an account there, and when they were linked. */

import { type Elsewhere, samePerson } from "../access/person.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { Linked } from "../identity/linking.ts";
import { type Drawn, drawn } from "./blocks.ts";
import { listed, shortened } from "./lists.ts";
import { code, escapeMrkdwn, mention } from "./mrkdwn.ts";
import { type SecurityContact, securityText } from "./security-words.ts";

/** For their eyes only: whoever has the address signs in for them. */
export const drawLinkBegun = (address: string): Drawn =>
  drawn("Sign in to show me who you are in the clouds.", [
    `<${escapeMrkdwn(address.replaceAll("|", "%7C"))}>`,
    "This link is for you alone, counts once, and not for long. The page shows a code.",
    "Then type `/jit link` and that code here. Tell the code to nobody else, and type none that somebody else gives you.",
  ]);

export const drawLinked = ({ identities, outranked }: Pick<Linked, "identities" | "outranked">): Drawn =>
  drawn(`You are linked to ${identitiesText(identities)}.`, [
    ...outrankedText("you", outranked),
    "`/jit unlink` takes it back.",
  ]);

export const drawUnlinked = (identities: Elsewhere): Drawn =>
  drawn(`You are no longer linked to ${identitiesText(identities)}.`, ["`/jit link` links an account again."]);

type Told = Extract<AuditEvent, { kind: "identity.linked" | "identity.unlinked" | "identity.refused" }>;

/** For security, who took back another's. */
export const drawUnlinkedOther = (user: string, identities: Elsewhere): Drawn =>
  drawn(`${mention(user)} is no longer linked to ${identitiesText(identities)}.`, [
    "I tell them that you took it back.",
  ]);

/** For the person themselves, and for security. */
export const drawIdentityNews = (event: Told, to: "person" | "security", security?: SecurityContact): Drawn => {
  const who = mention(event.person.user);
  switch (event.kind) {
    case "identity.linked": {
      const as = identitiesText(event.identities);
      const from = `Signed in at ${code(event.issuer)}.`;
      return to === "person"
        ? drawn(`Your account is now linked to ${as}.`, [
            from,
            ...outrankedText("you", event.outranked),
            `If that wasn't you, type \`/jit unlink\` and tell ${securityText(security)}.`,
          ])
        : drawn(`${who} is now linked to ${as}.`, [from, ...outrankedText("them", event.outranked)]);
    }
    case "identity.unlinked": {
      const as = identitiesText(event.identities);
      const other = somebodyElse(event);
      if (to === "security")
        return drawn(`${who} is no longer linked to ${as}.`, other === undefined ? [] : [`${other} took it back.`]);
      return drawn(
        `Your account is no longer linked to ${as}.`,
        other === undefined
          ? [`If that wasn't you, tell ${securityText(security)}.`]
          : [`${other} took it back, for security. If that account is yours, \`/jit link\` links it again.`],
      );
    }
    case "identity.refused":
      return drawn(`${who} tried to link an account that is linked to somebody else already.`, [
        "Nothing was linked. It may be a second Slack account of one person, or somebody who signs in as another.",
      ]);
  }
};

const outrankedText = (whom: "you" | "them", outranked: Elsewhere | undefined): readonly string[] =>
  outranked === undefined
    ? []
    : [
        `I go on asking about ${identitiesText(outranked)}: what administrators wrote for ${whom} goes before a sign-in.`,
      ];

/** A mention of who did it, when it wasn't the person themselves. */
const somebodyElse = ({ actor, person }: Told): string | undefined =>
  actor.kind === "person" && !samePerson(actor.person, person) ? mention(actor.person.user) : undefined;

/** Entra ID `1111…` and AWS `arn:aws:iam::111122223333:user/dev1` */
const identitiesText = ({ entra, aws }: Elsewhere): string => {
  const named = [...(entra === undefined ? [] : [`Entra ID ${code(entra)}`]), ...aws.map((arn) => `AWS ${code(arn)}`)];
  return named.length === 0 ? "no account" : listed(shortened(named, MOST_NAMED));
};

const MOST_NAMED = 8;

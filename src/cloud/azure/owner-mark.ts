/** The owner mark of an NSG rule: a name that only we give, and a description that says who, until when and why. */

import { type GrantId, ID_PATTERN } from "../../access/identifier.ts";
import type { Protocol } from "../../access/port.ts";
import type { AddressFamily } from "../../access/source.ts";
import { type EpochMs, isoSeconds } from "../../access/time.ts";
import type { Holder } from "../firewall.ts";

/** What a rule's name says: one grant has at most one rule per protocol and address family in one NSG. */
export interface NameParts {
  readonly grant: GrantId;
  readonly protocol: Protocol;
  readonly family: AddressFamily;
}

export interface OwnerMark {
  /** Reads a rule's name; `undefined` when the rule isn't this installation's. ARM ignores case in names, and so do we. */
  readonly parseName: (name: string) => NameParts | undefined;
  /** `latch-acme-k7f3q2xd-tcp-4` */
  readonly printName: (parts: NameParts) => string;
}

/** Rule names have at most 80 characters, and ours need 21 beside the installation's name. */
const MAX_INSTALLATION = 59;

/**
 * The marks of one installation. Names must match whole, so `acme` doesn't recognise a rule of `acme-2`.
 * Throws when the installation's name can't stand in a rule's name: `[A-Za-z0-9_.-]`, at most 59 characters.
 */
export const createOwnerMark = (installation: string): OwnerMark => {
  if (!new RegExp(`^[\\w.-]{1,${MAX_INSTALLATION}}$`, "u").test(installation)) {
    throw new Error(
      `installation \`${installation}\` must be 1 to ${MAX_INSTALLATION} letters, digits, \`_\`, \`.\` or \`-\``,
    );
  }
  const pattern = new RegExp(`^latch-${RegExp.escape(installation)}-(${ID_PATTERN})-(tcp|udp)-([46])$`, "iu");
  return {
    parseName: (name) => {
      const match = pattern.exec(name);
      if (match === null) return undefined;
      const [, grant = "", protocol = "", family] = match;
      return {
        grant: grant.toLowerCase() as GrantId,
        protocol: protocol.toLowerCase() === "udp" ? "udp" : "tcp",
        family: family === "6" ? "ipv6" : "ipv4",
      };
    },
    printName: ({ grant, protocol, family }) =>
      `latch-${installation}-${grant}-${protocol}-${family === "ipv6" ? "6" : "4"}`,
  };
};

/** ARM counts as .NET does, in UTF-16 units: https://learn.microsoft.com/rest/api/virtualnetwork/security-rules/create-or-update */
export const MAX_DESCRIPTION = 140;

/**
 * `latch until 2026-11-23T16:02:00Z for U0DEV1: INC-1042 disk full`, at most 140 characters.
 * The end is rounded up to the next second; control characters become spaces; the note is cut between code points.
 */
export const printDescription = ({ expiresAt, note }: Pick<Holder, "expiresAt" | "note">): string => {
  const end = `latch until ${isoSeconds((Math.ceil(expiresAt / 1_000) * 1_000) as EpochMs)}`;
  const room = MAX_DESCRIPTION - end.length - " for ".length;
  const kept = cut(plain(note), room);
  return kept === "" ? end : `${end} for ${kept}`;
};

/** `undefined` when somebody damaged the description, so that its end can't be believed. */
export const parseDescription = (text: string): { readonly expiresAt: EpochMs; readonly note: string } | undefined => {
  const match = /^latch until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)(?: for (.+))?$/su.exec(text);
  if (match === null) return undefined;
  const [, end = "", note = ""] = match;
  const expiresAt = Date.parse(end) as EpochMs;
  // `2026-02-31` parses as the third of March in some engines: only what prints the same is believed.
  if (Number.isNaN(expiresAt) || isoSeconds(expiresAt) !== end) return undefined;
  return { expiresAt, note };
};

/** Line breaks, control and invisible formatting characters (which could reverse the text) and halves of pairs become one space. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ").trim();

const cut = (text: string, units: number): string => {
  let kept = "";
  for (const point of text) {
    if (kept.length + point.length > units) break;
    kept += point;
  }
  return kept.trimEnd();
};

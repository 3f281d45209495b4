/** The owner mark of an NSG rule: a name that only we give, and a description that says who, until when and why. */

import { type GrantId, ID_PATTERN, type ProtectionId } from "../../../access/identifier.ts";
import type { Protocol } from "../../../access/port.ts";
import type { AddressFamily } from "../../../access/source.ts";
import { type EpochMs, isoSeconds } from "../../../access/time.ts";
import type { Holder } from "../../firewall.ts";

/** What a rule's name says: one grant has at most one rule per protocol and address family in one NSG. */
export interface NameParts {
  readonly grant: GrantId;
  readonly protocol: Protocol;
  readonly family: AddressFamily;
}

/** What the name of a rule that denies says: a block is one such rule for each protocol and address family that it is about. */
export interface BlockNameParts {
  readonly protection: ProtectionId;
  readonly protocol: Protocol;
  readonly family: AddressFamily;
}

/** ARM ignores case in names, and so do we. No name is read both ways, because no grant's id has a `-` or four letters. */
export interface OwnerMark {
  /** Reads the name of a grant's rule; `undefined` when it isn't one of this installation's. */
  readonly parseName: (name: string) => NameParts | undefined;
  /** `latch-acme-k7f3q2xd-tcp-4` */
  readonly printName: (parts: NameParts) => string;
  /** Reads the name of a block's rule; `undefined` when it isn't one of this installation's. */
  readonly parseBlockName: (name: string) => BlockNameParts | undefined;
  /** `latch-acme-k7f3q2xd-deny-tcp-4` */
  readonly printBlockName: (parts: BlockNameParts) => string;
  /** A grant's or a block's. */
  readonly isOurs: (name: string) => boolean;
}

/** Rule names have at most 80 characters, and ours need up to 26 beside the installation's name. */
const MAX_INSTALLATION = 54;

/** Throws when an installation's name can't stand in a rule's name: `[A-Za-z0-9_.-]`, at most 54 characters. */
export const checkInstallation = (installation: string): void => {
  if (!new RegExp(`^[\\w.-]{1,${MAX_INSTALLATION}}$`, "u").test(installation)) {
    throw new Error(
      `installation \`${installation}\` must be 1 to ${MAX_INSTALLATION} letters, digits, \`_\`, \`.\` or \`-\``,
    );
  }
};

/**
 * The marks of one installation. Names must match whole, so `acme` doesn't recognise a rule of `acme-2`.
 * Throws as `checkInstallation` does.
 */
export const createOwnerMark = (installation: string): OwnerMark => {
  checkInstallation(installation);
  const start = `^latch-${RegExp.escape(installation)}-(${ID_PATTERN})`;
  const read = (pattern: RegExp, name: string) => {
    const match = pattern.exec(name);
    if (match === null) return undefined;
    const [, id = "", protocol = "", family] = match;
    return {
      id: id.toLowerCase(),
      protocol: protocol.toLowerCase() === "udp" ? ("udp" as const) : ("tcp" as const),
      family: family === "6" ? ("ipv6" as const) : ("ipv4" as const),
    };
  };
  const ofGrant = new RegExp(`${start}-(tcp|udp)-([46])$`, "iu");
  const ofBlock = new RegExp(`${start}-deny-(tcp|udp)-([46])$`, "iu");
  return {
    parseName: (name) => {
      const said = read(ofGrant, name);
      return said === undefined
        ? undefined
        : { grant: said.id as GrantId, protocol: said.protocol, family: said.family };
    },
    printName: ({ grant, protocol, family }) => `latch-${installation}-${grant}-${protocol}-${digitOf(family)}`,
    parseBlockName: (name) => {
      const said = read(ofBlock, name);
      return said === undefined
        ? undefined
        : { protection: said.id as ProtectionId, protocol: said.protocol, family: said.family };
    },
    printBlockName: ({ protection, protocol, family }) =>
      `latch-${installation}-${protection}-deny-${protocol}-${digitOf(family)}`,
    isOurs: (name) => ofGrant.test(name) || ofBlock.test(name),
  };
};

const digitOf = (family: AddressFamily): string => (family === "ipv6" ? "6" : "4");

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

const KEEPS_CLOSED = "latch keeps closed";

/** `latch keeps closed: prod-vm-3: U0SEC1`, at most 140 characters, the note cleaned and cut as that of a grant. */
export const printBlockDescription = (note: string): string => {
  const kept = cut(plain(note), MAX_DESCRIPTION - KEEPS_CLOSED.length - ": ".length);
  return kept === "" ? KEEPS_CLOSED : `${KEEPS_CLOSED}: ${kept}`;
};

/** The note; empty when somebody wrote something else there, which takes nothing from what the rule does. */
export const parseBlockDescription = (text: string): string =>
  text.startsWith(`${KEEPS_CLOSED}: `) ? text.slice(KEEPS_CLOSED.length + ": ".length) : "";

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

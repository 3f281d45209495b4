/** Secrets in addresses that tell by themselves whether they are ours, so that a guess is refused without asking memory. */

import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

export interface SignedSecrets {
  /** 43 characters that are safe in an address. Nothing about anybody is in them. */
  readonly make: () => string;
  /** Whether it was made here. Whether it still counts is told by what is remembered of it, so that whoever is late can be told so. */
  readonly isOurs: (secret: string) => boolean;
  /** Shows later that these very texts, in this order, were said here. */
  readonly sign: (texts: readonly string[]) => string;
  readonly isSigned: (texts: readonly string[], signature: string) => boolean;
}

/** `master` is known to all replicas and to nobody else; each `purpose` has a key of its own, so that nothing made for one counts for another. */
export const createSignedSecrets = (master: string, purpose: string): SignedSecrets => {
  // https://www.rfc-editor.org/rfc/rfc5869
  const key = Buffer.from(hkdfSync("sha256", master, "", `latch ${purpose}`, 32));
  const mac = (kind: string, content: Buffer): Buffer =>
    createHmac("sha256", key).update(kind).update(content).digest();
  const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
  const sign = (texts: readonly string[]): string =>
    mac("texts", Buffer.from(JSON.stringify(texts))).toString("base64url");

  return {
    make: () => {
      const content = randomBytes(RANDOM);
      return Buffer.concat([content, mac("secret", content).subarray(0, MAC)]).toString("base64url");
    },
    isOurs: (secret) => {
      const bytes = Buffer.from(secret, "base64url");
      // The last character has bits to spare: only one way of writing it counts.
      if (bytes.length !== RANDOM + MAC || bytes.toString("base64url") !== secret) return false;
      const content = bytes.subarray(0, RANDOM);
      return isSame(bytes.subarray(RANDOM), mac("secret", content).subarray(0, MAC));
    },
    sign,
    isSigned: (texts, signature) => isSame(Buffer.from(sign(texts)), Buffer.from(signature)),
  };
};

/** 256 bits, safe in an address. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** Of many random bits, so that a plain hash is enough. */
export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** In bytes. */
const RANDOM = 16;
const MAC = 16;

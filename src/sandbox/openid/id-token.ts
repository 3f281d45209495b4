/** ID tokens, right ones and wrong ones. https://openid.net/specs/openid-connect-core-1_0.html#IDToken */

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** What is wrong with the next answers. */
export type Lie =
  | "wrong-nonce"
  | "no-nonce"
  | "wrong-audience"
  | "wrong-issuer"
  | "expired"
  /** Signed by a key that isn't among the published ones, under the name of one that is. */
  | "bad-signature"
  /** `alg: none`, and no signature. */
  | "unsigned"
  | "no-id-token"
  /** Comes back without a code: `error=access_denied`. */
  | "access-denied"
  /** Comes back with another `state` than was sent. */
  | "wrong-state";

export interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const newSigningKey = (id = randomBytes(8).toString("hex")): SigningKey => ({
  id,
  ...generateKeyPairSync("rsa", { modulusLength: 2048 }),
});

export interface TokenFacts {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly nonce: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Epoch seconds. */
  readonly now: number;
}

export const idToken = (
  facts: TokenFacts,
  keys: { readonly ours: SigningKey; readonly other: SigningKey },
  lie?: Lie,
): string => {
  const { issuer, audience, subject, nonce, claims, now } = facts;
  const issuedAt = lie === "expired" ? now - 7_200 : now;
  const payload = {
    ...claims,
    iss: lie === "wrong-issuer" ? "https://evil.example" : issuer,
    aud: lie === "wrong-audience" ? "another-client" : audience,
    sub: subject,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + 3_600,
    ...(lie === "no-nonce" ? {} : { nonce: lie === "wrong-nonce" ? "of another sign-in" : nonce }),
  };
  const header = lie === "unsigned" ? { alg: "none", typ: "JWT" } : { alg: "RS256", typ: "JWT", kid: keys.ours.id };
  const signed = `${encoded(header)}.${encoded(payload)}`;
  if (lie === "unsigned") return `${signed}.`;
  const { privateKey } = lie === "bad-signature" ? keys.other : keys.ours;
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
};

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

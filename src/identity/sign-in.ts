/** Signing in at a provider of OpenID Connect, whatever library does it. */

import type { SignInSettings } from "./identity-settings.ts";

/** Made anew for each sign-in: what ties the answer to the question, to this browser, and the token to this sign-in. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  /** For PKCE: https://www.rfc-editor.org/rfc/rfc7636 */
  readonly verifier: string;
}

export interface SignIn {
  /** Where the browser goes to sign in. Throws a `Fault` when the provider can't be asked. */
  readonly begin: (provider: SignInSettings, secrets: SignInSecrets, callback: URL) => Promise<URL>;
  /**
   * What the provider says once the browser is back at `callback`, with the query it brought: only from an ID token that it signed for us, for this
   * sign-in, and that still counts. Throws a `Fault` when the provider doesn't answer.
   */
  readonly finish: (provider: SignInSettings, secrets: SignInSecrets, callback: URL) => Promise<SignedIn | NotSignedIn>;
}

export interface SignedIn {
  readonly kind: "signed-in";
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface NotSignedIn {
  readonly kind: "not-signed-in";
  /** `declined`: the person or the provider didn't want to. `invalid`: the answer can't be believed. */
  readonly because: "declined" | "invalid";
  /** For operators. */
  readonly problem: string;
}

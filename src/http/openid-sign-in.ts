/** Signing in with OpenID Connect: authorization code with PKCE, state and nonce, by openid-client. */

import * as openid from "openid-client";
import { Fault } from "../access/fault.ts";
import { isLoopback } from "../access/loopback.ts";
import { between, type Clock, SECOND, systemClock } from "../access/time.ts";
import type { SignInSettings } from "../identity/identity-settings.ts";
import type { NotSignedIn, SignIn } from "../identity/sign-in.ts";

interface OpenIdDeps {
  /** `undefined`: a public client, which has PKCE only. */
  readonly clientSecret: string | undefined;
  readonly clock: Clock;
}

/**
 * What the provider offers and its keys are read for each sign-in: they are rare, and nothing can be out of date.
 *
 * The library checks issuer, audience, nonce, expiry and state; and the signature too once it is told to, since by default it trusts the connection.
 * https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export const createOpenIdSignIn = ({ clientSecret, clock }: OpenIdDeps): SignIn => {
  const read = async (provider: SignInSettings): Promise<openid.Configuration> => {
    const server = new URL(provider.issuer);
    const config = await openid.discovery(
      server,
      provider.clientId,
      { [openid.clockSkew]: Math.round(between(systemClock.now(), clock.now()) / SECOND) },
      clientSecret === undefined ? openid.None() : withSecret(clientSecret),
      {
        timeout: ANSWERS_WITHIN_SECONDS,
        execute: [
          openid.enableNonRepudiationChecks,
          ...(server.protocol === "http:" && isLoopback(server) ? [openid.allowInsecureRequests] : []),
        ],
      },
    );
    // Where one address serves many tenants, its tokens are of many issuers; ours is one.
    const { issuer } = config.serverMetadata();
    if (withoutSlash(issuer) !== withoutSlash(provider.issuer)) {
      throw new Fault("openid", `\`${provider.issuer}\` calls itself \`${issuer}\``, { retry: "never" });
    }
    return config;
  };

  return {
    begin: async (provider, { state, nonce, verifier }, callback) => {
      try {
        return openid.buildAuthorizationUrl(await read(provider), {
          redirect_uri: callback.href,
          // Entra puts `oid` into the token only with `profile`: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
          scope: "openid profile",
          state,
          nonce,
          code_challenge: await openid.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
        });
      } catch (error) {
        throw openIdFault(provider, error);
      }
    },

    finish: async (provider, { state, nonce, verifier }, callback) => {
      try {
        const checks = {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        };
        const claims = (await openid.authorizationCodeGrant(await read(provider), callback, checks)).claims();
        if (claims === undefined) return invalid("there is no ID token");
        return { kind: "signed-in", issuer: provider.issuer, subject: claims.sub, claims };
      } catch (error) {
        return openIdNo(error) ?? fail(openIdFault(provider, error));
      }
    },
  };
};

/** In the body where the provider takes it there, because of a header each reads the escaping differently. */
const withSecret = (secret: string): openid.ClientAuth => {
  const [inBody, inHeader] = [openid.ClientSecretPost(secret), openid.ClientSecretBasic(secret)];
  return (server, client, body, headers) => {
    // Header where nothing is said: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
    const takes = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    const write = takes.includes("client_secret_post") ? inBody : inHeader;
    return write(server, client, body, headers);
  };
};

/** An answer that was given, and isn't a yes. */
const openIdNo = (error: unknown): NotSignedIn | undefined => {
  if (error instanceof openid.AuthorizationResponseError) {
    return { kind: "not-signed-in", because: "declined", problem: error.error };
  }
  if (error instanceof openid.ResponseBodyError && error.status < 500)
    return invalid(`the code was refused: ${error.error}`);
  if (error instanceof openid.ClientError && DISBELIEVED.has(error.code ?? "")) return invalid(wordsOf(error));
  return undefined;
};

const invalid = (problem: string): NotSignedIn => ({ kind: "not-signed-in", because: "invalid", problem });

const openIdFault = ({ issuer }: SignInSettings, error: unknown): Fault =>
  error instanceof Fault
    ? error
    : new Fault("openid", `cannot ask \`${issuer}\`: ${wordsOf(error)}`, { retry: "later", cause: error });

const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
};

const fail = (fault: Fault): never => {
  throw fault;
};

const withoutSlash = (address: string): string => address.replace(/\/+$/u, "");

/** Codes of answers that came and are wrong; the others are of answers that didn't come. */
const DISBELIEVED: ReadonlySet<string> = new Set([
  "OAUTH_INVALID_RESPONSE",
  "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
  "OAUTH_JWT_TIMESTAMP_CHECK_FAILED",
  "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED",
  "OAUTH_KEY_SELECTION_FAILED",
  "OAUTH_UNSUPPORTED_OPERATION",
]);
const ANSWERS_WITHIN_SECONDS = 5;

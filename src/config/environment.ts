/** Secrets and addresses from the environment: https://12factor.net/config */

import { isIP } from "node:net";
import { isLoopback } from "../access/loopback.ts";
import { ANYWHERE, type Cidr, parseCidr } from "../access/source.ts";

/** Where things are that the bot and the `latch` program both read. */
export interface Places {
  readonly configFile: string;
  readonly dataFolder: string;
  /** As `redis/` reads it; `undefined`: the embedded server. */
  readonly redisUrl: string | undefined;
}

export interface Settings extends Places {
  /** 0: any free one. */
  readonly port: number;
  /** The address or name to listen on; `undefined`: all. */
  readonly host: string | undefined;
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined;
  /** The same bot under names with an IPv4 address only, and an IPv6 address only, likewise. */
  readonly publicUrlIpv4: string | undefined;
  readonly publicUrlIpv6: string | undefined;
  /** Who may say in `X-Forwarded-For` where a request came from. */
  readonly trustedProxies: readonly Cidr[];
  readonly slack: {
    readonly botToken: string;
    /** With a slash at its end; `undefined`: Slack's own. */
    readonly apiUrl: string | undefined;
    readonly receive:
      | { readonly kind: "http"; readonly signingSecret: string }
      | { readonly kind: "socket"; readonly appToken: string };
  };
  readonly azure: {
    /** Without a slash at its end; `undefined`: the public cloud. Plain http only on loopback. */
    readonly armEndpoint: string | undefined;
    /** Only ever there with a loopback endpoint. */
    readonly armToken: string | undefined;
  };
  /** What the identity provider of the sign-in gave us. */
  readonly openIdClientSecret: string | undefined;
  readonly onCallTokens: { readonly pagerduty?: string; readonly opsgenie?: string };
}

export interface SettingProblem {
  readonly variable: string;
  /** Never repeats the value of a secret. */
  readonly message: string;
}

export type SettingsReading =
  | { readonly kind: "ok"; readonly settings: Settings }
  | { readonly kind: "bad"; readonly problems: readonly SettingProblem[] };

export const readPlaces = (env: Environment): Places => ({
  configFile: settingOf(env, "LATCH_CONFIG") ?? "latch.yaml",
  dataFolder: settingOf(env, "LATCH_DATA") ?? ".latch",
  redisUrl: settingOf(env, "REDIS_URL"),
});

/**
 * Reads the variables of the README's table; an empty one counts as not set. All problems are told at once.
 *
 * `AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL_IAM` and the clouds' credentials are read by their SDKs themselves.
 */
export const readEnvironment = (env: Environment): SettingsReading => {
  const problems: SettingProblem[] = [];
  const complain = (variable: string, message: string): undefined => {
    problems.push({ variable, message });
  };
  const get = (variable: string): string | undefined => settingOf(env, variable);
  const getUrl = (variable: string): URL | undefined => {
    const value = get(variable);
    if (value === undefined) return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol === "http:" || url?.protocol === "https:") return url;
    return complain(variable, "is not an address that begins with `https://` or `http://`");
  };

  const appToken = get("SLACK_APP_TOKEN");
  const signingSecret = get("SLACK_SIGNING_SECRET");
  const botToken = get("SLACK_BOT_TOKEN");
  if (botToken === undefined)
    complain("SLACK_BOT_TOKEN", "is missing; Slack shows it under OAuth & Permissions, it begins with `xoxb-`");
  else if (botToken.startsWith("xapp-"))
    complain("SLACK_BOT_TOKEN", "holds an app-level token (`xapp-`); the bot token begins with `xoxb-`");
  if (appToken?.startsWith("xoxb-") === true)
    complain("SLACK_APP_TOKEN", "holds a bot token (`xoxb-`); an app-level token begins with `xapp-`");
  const receive: Settings["slack"]["receive"] | undefined =
    appToken !== undefined
      ? { kind: "socket", appToken }
      : signingSecret !== undefined
        ? { kind: "http", signingSecret }
        : complain(
            "SLACK_SIGNING_SECRET",
            "is missing; Slack shows it under Basic Information. For Socket Mode set `SLACK_APP_TOKEN` instead",
          );

  const places = readPlaces(env);
  const { redisUrl } = places;
  if (redisUrl !== undefined && !/^(?:rediss?|rediss?\+sentinel):\/\/./u.test(redisUrl)) {
    complain("REDIS_URL", "begins with none of `redis://`, `rediss://`, `redis+sentinel://`");
  }

  const port = readPort(get("PORT"));
  if (port === undefined) complain("PORT", "is not a port; write a number from 0 (any free one) to 65535");

  const host = get("LATCH_HOST");
  if (host !== undefined && isIP(host) === 0 && !/^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/iu.test(host))
    complain("LATCH_HOST", "is neither an IP address nor the name of a host; write it without a port: 127.0.0.1");

  const slackApiUrl = getUrl("SLACK_API_URL");
  const publicUrl = getUrl("LATCH_PUBLIC_URL");
  const publicUrlIpv4 = getUrl("LATCH_PUBLIC_URL_IPV4");
  const publicUrlIpv6 = getUrl("LATCH_PUBLIC_URL_IPV6");
  if (publicUrl === undefined && (publicUrlIpv4 ?? publicUrlIpv6) !== undefined)
    complain("LATCH_PUBLIC_URL", "is missing; the addresses for IPv4 and IPv6 alone are asked by its page");
  const trustedProxies = readPrefixes(get("LATCH_TRUSTED_PROXIES"));
  if (typeof trustedProxies === "string")
    complain(
      "LATCH_TRUSTED_PROXIES",
      `has ${JSON.stringify(trustedProxies)}, which is not an address or a prefix of proxies; write them like 10.0.0.4,10.1.0.0/24`,
    );
  const armEndpoint = getUrl("AZURE_ARM_ENDPOINT");
  const armToken = get("AZURE_ARM_TOKEN");
  const pagerduty = get("LATCH_PAGERDUTY_TOKEN");
  const opsgenie = get("LATCH_OPSGENIE_TOKEN");
  const armIsHere = armEndpoint !== undefined && isLoopback(armEndpoint);
  if (armEndpoint?.protocol === "http:" && !armIsHere) {
    complain("AZURE_ARM_ENDPOINT", "begins with `http://` and isn't on this machine; write `https://`");
  }
  if (armToken !== undefined && !armIsHere) {
    complain(
      "AZURE_ARM_TOKEN",
      "is for an `AZURE_ARM_ENDPOINT` on this machine (127.0.0.1, ::1, localhost) only; unset it and use Azure credentials",
    );
  }

  if (
    problems.length > 0 ||
    botToken === undefined ||
    port === undefined ||
    receive === undefined ||
    typeof trustedProxies === "string"
  )
    return { kind: "bad", problems };
  return {
    kind: "ok",
    settings: {
      ...places,
      port,
      host,
      publicUrl: publicUrl && withoutSlash(publicUrl.href),
      publicUrlIpv4: publicUrlIpv4 && withoutSlash(publicUrlIpv4.href),
      publicUrlIpv6: publicUrlIpv6 && withoutSlash(publicUrlIpv6.href),
      trustedProxies,
      slack: {
        botToken,
        apiUrl: slackApiUrl && `${withoutSlash(slackApiUrl.href)}/`,
        receive,
      },
      azure: { armEndpoint: armEndpoint && withoutSlash(armEndpoint.href), armToken },
      openIdClientSecret: get("LATCH_OIDC_CLIENT_SECRET"),
      onCallTokens: {
        ...(pagerduty === undefined ? {} : { pagerduty }),
        ...(opsgenie === undefined ? {} : { opsgenie }),
      },
    },
  };
};

type Environment = Readonly<Record<string, string | undefined>>;

const settingOf = (env: Environment, variable: string): string | undefined => env[variable]?.trim() || undefined;

const readPort = (text = "3000"): number | undefined =>
  /^\d{1,5}$/u.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;

/** Or the first that isn't one. Who trusts everybody trusts whoever asks. */
const readPrefixes = (text = ""): readonly Cidr[] | string => {
  const prefixes: Cidr[] = [];
  for (const word of text.split(",").map((each) => each.trim())) {
    const prefix = parseCidr(word);
    if (word !== "" && (prefix === undefined || ANYWHERE.includes(prefix))) return word;
    if (prefix !== undefined) prefixes.push(prefix);
  }
  return prefixes;
};

const withoutSlash = (address: string): string => address.replace(/\/+$/u, "");

/** Everything that linking needs, for real: Slack's protocol, Redis, a provider, our own pages, and browsers. */

import { webApi } from "@slack/bolt";
import { onTestFinished } from "vitest";
import { randomId } from "../../src/access/identifier.ts";
import type { Directory, PersonFacts } from "../../src/access/person.ts";
import { isRefusal, type Refusal } from "../../src/access/refusal.ts";
import { createSignedSecrets } from "../../src/access/signed-secret.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { createOpenIdSignIn } from "../../src/http/openid-sign-in.ts";
import { startHttpServer } from "../../src/http/server.ts";
import { createIdentities } from "../../src/identity/identities.ts";
import type { IdentitySettings } from "../../src/identity/identity-settings.ts";
import { createLinking, type Linking } from "../../src/identity/linking.ts";
import type { Link, Links } from "../../src/identity/links.ts";
import { createVisiting } from "../../src/identity/visiting.ts";
import type { RedisConnection } from "../../src/redis/connection.ts";
import { eventKeys } from "../../src/redis/keys.ts";
import { createRedisLinks } from "../../src/redis/links.ts";
import { createFaults, type Faults } from "../../src/sandbox/faults.ts";
import { createOpenIdServer, type OpenIdServer } from "../../src/sandbox/openid/server.ts";
import { createDirectory } from "../../src/slack/directory.ts";
import { createOwnWorkspace } from "../../src/slack/own-workspace.ts";
import type { RealRedis } from "../redis/real-redis.ts";
import { BOT_TOKEN, type Setup, startSlack } from "../sandbox/slack-fixture.ts";

export const DANA = "U0DEV1";
export const LEE = "U0LEAD1";
export const OID = {
  dana: "aaaaaaaa-1111-2222-3333-444444444444",
  lee: "bbbbbbbb-1111-2222-3333-444444444444",
} as const;
const CLIENT = { id: "latch", secret: "a secret: with+signs/ and = more" };

/** One browser: keeps cookies, follows nothing by itself. */
export interface Browser {
  readonly open: (url: URL | string, init?: RequestInit) => Promise<Seen>;
  /** Presses the only button of a link's page; where it leads. */
  readonly press: (link: URL | string) => Promise<URL | undefined>;
}

export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface LinkStage extends Omit<Setup, "faults"> {
  readonly faults: { readonly slack: Faults; readonly openid: Faults };
  readonly openid: OpenIdServer;
  readonly links: Links;
  readonly linking: Linking;
  readonly identitiesOf: (user: string) => ReturnType<Directory["identities"]>;
  readonly events: readonly AuditEvent[];
  /** What operators were told. */
  readonly log: readonly string[];
  readonly publicUrl: string;
  readonly browser: () => Browser;
  /** The secret link; throws what refuses it. */
  readonly linkFor: (user: string) => Promise<URL>;
  /** From link to code: this browser opens the page, presses, signs in and comes back. */
  readonly signIn: (browser: Browser, link: URL, subject: string) => Promise<Seen>;
  readonly change: (settings: Partial<IdentitySettings>) => void;
  /** From now on the audit log can't be written. */
  readonly breakAuditLog: () => void;
}

export const setLinkStage = async (
  real: RealRedis,
  { secret = CLIENT.secret }: { readonly secret?: string } = {},
): Promise<LinkStage> => {
  const setup = await startSlack();
  const { slack, clock } = setup;
  const faults = { slack: setup.faults, openid: createFaults() };
  const openid = await createOpenIdServer({
    clock,
    faults: faults.openid,
    accounts: [
      { subject: "dana-there", name: "Dana Dev", claims: { oid: OID.dana.toUpperCase(), email: "dana@acme.example" } },
      { subject: "lee-there", name: "Lee <b>Lead</b>", claims: { oid: OID.lee } },
      { subject: "nobody-there", name: "No Body", claims: { oid: "not a guid" } },
    ],
  });
  let settings: IdentitySettings = {
    people: new Map(),
    profileFields: {},
    signIn: { issuer: openid.issuer, clientId: CLIENT.id, claims: { entra: "oid" } },
    byEmail: new Map(),
  };
  const client = new webApi.WebClient(BOT_TOKEN, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } });
  const events: AuditEvent[] = [];
  let isLogBroken = false;
  const append = async (event: AuditEvent): Promise<void> => {
    if (isLogBroken) throw new Error("the audit log is away");
    events.push(event);
  };
  const prefix = real.freshPrefix();
  const redis: RedisConnection = {
    ...real.redis(),
    run: async (script, keys, args) => {
      if (isLogBroken && keys.includes(eventKeys(prefix).audit)) throw new Error("the audit log is away");
      return real.redis().run(script, keys, args);
    },
  };
  const onAppended = (event: AuditEvent): void => void events.push(event);
  const links = createRedisLinks(redis, prefix, { clock, onAppended });
  const directory = createDirectory({ client, clock, home: createOwnWorkspace(client) });
  const log: string[] = [];

  const identitiesBy = (from: Pick<Links, "linkOf" | "formerOf">) =>
    createIdentities({ settings: () => settings, profile: { read: async () => undefined }, links: from });

  // The port isn't known before the server is there, and it is part of the address.
  let publicUrl = "";
  const visitingDeps = () => ({
    visiting: createVisiting({ ...deps, publicUrl, signIn, disbelieved }),
    publicUrl,
    failed,
  });
  const deps = {
    settings: () => settings,
    directory: {
      lookUp: (user: string) => {
        directory.startAnew();
        return directory.lookUp(user);
      },
    },
    links,
    identitiesWith: (facts: PersonFacts, link: Link) =>
      identitiesBy({ linkOf: async () => link, formerOf: async () => [] })(facts),
    auditLog: { append },
    clock,
    newId: randomId,
    secrets: createSignedSecrets(BOT_TOKEN, "link"),
  };
  const signIn = createOpenIdSignIn({ clientSecret: secret, clock });
  const disbelieved = (problem: string): void => void log.push(problem);
  const failed = (error: unknown): void => void log.push(String(error));
  const port = await freePort();
  publicUrl = `http://127.0.0.1:${port}`;
  const server = await startHttpServer({ port, notReady: () => [], links: visitingDeps() });
  openid.register({ ...CLIENT, redirectUris: [`${publicUrl}/link/callback`] });
  onTestFinished(async () => {
    await server.stop();
    await openid.stop();
  });
  const linking = createLinking({ ...deps, publicUrl });
  const identities = identitiesBy(links);

  return {
    ...setup,
    faults,
    openid,
    links,
    linking,
    events,
    log,
    publicUrl,
    identitiesOf: async (user) => {
      const facts = await directory.lookUp(user);
      if (facts === undefined) throw new Error(`nobody is ${user}`);
      return identities(facts);
    },
    browser: createBrowser,
    linkFor: async (user) => {
      const link = await linking.begin(user);
      if (isRefusal(link)) throw new Error(link.code);
      return link;
    },
    signIn: async (browser, link, subject) => {
      await browser.open(link);
      const to = await browser.press(link);
      if (to === undefined) throw new Error("the link leads nowhere");
      return browser.open(await openid.signIn(to, subject));
    },
    change: (changed) => {
      settings = { ...settings, ...changed };
    },
    breakAuditLog: () => {
      isLogBroken = true;
    },
  };
};

const createBrowser = (): Browser => {
  const jar = new Map<string, string>();
  const open: Browser["open"] = async (url, init) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, {
      redirect: "manual",
      ...init,
      headers: { ...(init?.headers as Record<string, string>), cookie },
    });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/u.exec(set) ?? [];
      if (/max-age=0/iu.test(set)) jar.delete(name);
      else jar.set(name, value);
    }
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return {
    open,
    press: async (link) => {
      const location = (await open(link, { method: "POST" })).headers.get("location");
      return location === null ? undefined : new URL(location);
    },
  };
};

/** What a page tells to type. */
export const codeOn = ({ text }: Seen): string => {
  const code = /\/jit link ([a-z0-9]{5}-[a-z0-9]{5})/u.exec(text)?.[1];
  if (code === undefined) throw new Error(`no code on: ${text}`);
  return code;
};

export const codeOf = (answer: Refusal | object): string | undefined => (isRefusal(answer) ? answer.code : undefined);

const freePort = async (): Promise<number> => {
  const server = await startHttpServer({ port: 0, notReady: () => [] });
  await server.stop();
  return server.port;
};

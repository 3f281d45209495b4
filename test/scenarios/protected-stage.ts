/** A stage on which machines are protected, and colleagues change the clouds meanwhile by the clouds' own calls. */

import { protectionIdOf } from "../../src/access/identifier.ts";
import { firewallsOf } from "../../src/grants/grant.ts";
import { firewallsBlocked } from "../../src/grants/protection.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { keyPrefixOf, QUEUES } from "../../src/redis/keys.ts";
import { createRedisLedger } from "../../src/redis/ledger.ts";
import { createRedisWakeups } from "../../src/redis/wakeups.ts";
import type { SecurityRuleProperties, WrittenRule } from "../../src/sandbox/azure/world.ts";
import type { SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { sandboxConfig } from "../../src/sandbox/world.ts";
import { type Colleague, createColleague } from "../sandbox/aws/colleague.ts";
import { CHANNELS, type InsideStage, type Owner, PEOPLE, setInsideStage } from "./stage.ts";

export { ADDRESSES, CHANNELS, nsgId, PEOPLE } from "./stage.ts";

export interface ProtectedStage extends InsideStage {
  /** Waits until the channel reads this. */
  readonly hears: (text: string, channel?: string) => Promise<void>;
  /** How many messages of the channel say this. */
  readonly times: (text: string, channel?: string) => number;
  /** The latest message of the channel that says this; an empty one when there is none. */
  readonly latest: (text: string, channel?: string) => string;
  /** Presses a button of the latest message that this person sees with it. */
  readonly press: (user: string, label: string, channel?: string) => Promise<void>;
  /** As somebody who may; waits until it is so. */
  readonly protect: (machine: string, ports?: string) => Promise<void>;
  readonly unprotect: (machine: string) => Promise<void>;
  /** Asks for SSH, answers where it needs an answer, and waits until it is open. Returns the request's id. */
  readonly open: (machine: string, text?: string) => Promise<string>;
  /** What the minute's look at everything wakes is looked at now, and all that follows from it is done and said. */
  readonly lookAgain: () => Promise<void>;
  /** Looks at all machines as a whole, now. */
  readonly watch: (what: "protections" | "posture") => Promise<void>;
  readonly arm: ArmColleague;
  readonly aws: Colleague;
}

/** What people do in Azure's portal, by plain ARM calls; returns when Azure has done it. */
export interface ArmColleague {
  readonly putRule: (group: string, rule: WrittenRule) => Promise<void>;
  readonly deleteRule: (group: string, name: string) => Promise<void>;
  /** The whole group, as an infrastructure run keeps it. */
  readonly read: (group: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly put: (group: string, body: Readonly<Record<string, unknown>>) => Promise<void>;
}

export const setProtectedStage = async (
  owner: Owner,
  options: Omit<SandboxOptions, "redisUrl" | "clock" | "bots"> = {},
): Promise<ProtectedStage> => {
  const stage = await setInsideStage(owner, options);
  const connection = connectRedis(stage.redis.url, { log: { info: () => undefined, warn: () => undefined } });
  await connection.untilReady(2_000);
  const aws = createColleague({ url: stage.ec2.url });
  owner.onTestFinished(async () => {
    aws.leave();
    connection.close();
  });
  const prefix = keyPrefixOf("acme");
  const ledger = createRedisLedger(connection, prefix, { clock: stage.clock, onAppended: () => undefined });
  const wakeups = (queue: string) => createRedisWakeups(connection, prefix, queue);

  const times: ProtectedStage["times"] = (text, channel = CHANNELS.access) =>
    stage.notices(channel).filter((each) => each.includes(text)).length;
  const hears: ProtectedStage["hears"] = (text, channel = CHANNELS.access) =>
    stage.until(
      `#${channel} hears “${text}” of ${JSON.stringify(stage.notices(channel))}`,
      () => times(text, channel) > 0,
    );
  const lookAgain: ProtectedStage["lookAgain"] = async () => {
    const grants = await ledger.liveGrants();
    const protections = await ledger.liveProtections();
    const ids = new Set([...grants.flatMap(firewallsOf), ...protections.flatMap(firewallsBlocked)]);
    for (const id of ids) await wakeups(QUEUES.firewalls).wake(id, stage.clock.now());
    await stage.settled();
  };
  const press: ProtectedStage["press"] = async (user, label, channel = CHANNELS.access) => {
    const messages = stage.slack.see(user).channels.find(({ id }) => id === channel)?.messages ?? [];
    const found = messages.findLast(({ text }) => text.includes(`[${label}]`));
    if (found === undefined) throw new Error(`nothing in ${channel} has a button ${label}`);
    await stage.slack.click({ user, channel, ts: found.ts, label });
  };
  const isOn = async (machine: string): Promise<boolean> =>
    (await ledger.liveProtections()).some(
      ({ machine: { name, id }, id: own, beganAt }) =>
        name === machine && own === protectionIdOf(id) && beganAt !== undefined,
    );

  return {
    ...stage,
    aws,
    arm: createArmColleague(stage.azure.url),
    times,
    hears,
    press,
    lookAgain,
    latest: (text, channel = CHANNELS.access) => stage.notices(channel).findLast((each) => each.includes(text)) ?? "",
    protect: async (machine, ports = "ssh") => {
      const answer = await stage.jit(PEOPLE.security, `protect ${machine} ${ports}`);
      if (answer.includes("[Protect anyway]")) await press(PEOPLE.security, "Protect anyway");
      await stage.until(`${machine} is protected (${answer})`, () => isOn(machine));
      await stage.settled();
    },
    unprotect: async (machine) => {
      const answer = await stage.jit(PEOPLE.security, `unprotect ${machine}`);
      await stage.until(`${machine} is put back (${answer})`, async () =>
        (await ledger.liveProtections()).every(({ machine: { name } }) => name !== machine),
      );
      await stage.settled();
    },
    open: async (machine, text = "30m because INC-1042 disk full") => {
      const id = await stage.ask(PEOPLE.dev, `ssh ${machine} ${text}`);
      if (stage.card(id).text.includes("[Approve]")) await stage.approve(PEOPLE.lead, id);
      await stage.until(`${machine} is open`, () => stage.card(id).text.includes("open until"));
      return id;
    },
    watch: async (what) => {
      await wakeups(QUEUES.watches).wake(what, stage.clock.now());
      await stage.settled();
    },
  };
};

/** Lets in from anywhere, or whatever else `change` says. */
export const theirRule = (name: string, change: Partial<SecurityRuleProperties> = {}): WrittenRule => ({
  name,
  properties: {
    priority: 300,
    access: "Allow",
    direction: "Inbound",
    protocol: "Tcp",
    sourcePortRange: "*",
    destinationPortRange: "22",
    sourceAddressPrefix: "*",
    destinationAddressPrefix: "*",
    ...change,
  },
});

const createArmColleague = (url: string): ArmColleague => {
  const call = async (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${url}${path}?api-version=2024-05-01`, {
      method,
      headers: { authorization: "Bearer sandbox-token", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  /** As the portal does it: again while Azure is busy, and waiting for the end of what takes long. */
  const change = async (method: string, path: string, body?: unknown): Promise<void> => {
    for (let tries = 0; ; tries += 1) {
      const answer = await call(method, path, body);
      if (!answer.ok && (![409, 412, 429].includes(answer.status) || tries > 200))
        throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      const operation = answer.headers.get("azure-asyncoperation");
      if (answer.ok && operation !== null) await ended(operation);
      if (answer.ok) return;
      await soon();
    }
  };
  const ended = async (operation: string): Promise<void> => {
    for (;;) {
      const answer = await fetch(operation, { headers: { authorization: "Bearer sandbox-token" } });
      const { status } = (await answer.json()) as { readonly status: string };
      if (status === "Succeeded") return;
      if (status !== "InProgress") throw new Error(`a colleague's write ended as ${status}`);
      await soon();
    }
  };
  return {
    putRule: (group, { name, properties }) => change("PUT", `${group}/securityRules/${name}`, { properties }),
    deleteRule: (group, name) => change("DELETE", `${group}/securityRules/${name}`),
    read: async (group) => (await (await call("GET", group)).json()) as Readonly<Record<string, unknown>>,
    put: (group, body) => change("PUT", group, body),
  };
};

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** The sandbox's policy with something else in some places; throws where it doesn't say what is to be replaced. */
export const configWith = (...changes: readonly (readonly [is: string, shouldBe: string])[]): string =>
  changes.reduce((text, [is, shouldBe]) => {
    if (!text.includes(is)) throw new Error(`the sandbox's policy doesn't say ${is}`);
    return text.replace(is, shouldBe);
  }, sandboxConfig);

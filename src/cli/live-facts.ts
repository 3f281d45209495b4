/** The world as the bot sees it: Slack, the clouds and on-call services, asked with its own environment; nothing is written, and Redis isn't asked. */

import pino, { type Logger } from "pino";
import { createMachines } from "../cloud/machines.ts";
import { type Config, readEnvironment } from "../config.ts";
import type { Links } from "../identity/links.ts";
import { openAuthorities, openClouds } from "../open-clouds.ts";
import { messageOf } from "../operator-log.ts";
import { openPeople } from "../people.ts";
import { createSlackClient } from "../slack/client.ts";
import { userIdIn } from "../slack/directory.ts";
import { createOwnWorkspace } from "../slack/own-workspace.ts";
import type { Terminal } from "./command.ts";
import type { Facts } from "./facts.ts";

/** Tells on stderr what it needs and hasn't, and what it couldn't read; `undefined` where nothing can be known then. */
export const liveFacts = async (config: Config, terminal: Terminal): Promise<Facts | undefined> => {
  const environment = readEnvironment(terminal.env);
  if (environment.kind === "bad") {
    terminal.complain("without `--facts` the facts come from Slack and the clouds, with the environment of the bot:");
    for (const { variable, message } of environment.problems) terminal.complain(`${variable} ${message}`);
    return undefined;
  }
  const { settings } = environment;
  const { clock } = terminal;
  const log = logTo(terminal);
  const client = createSlackClient({ ...settings.slack, log: (level, message) => log[level]({ message }, "slack") });
  const home = createOwnWorkspace(client);
  const memory = { links: nobodysLinks, auditLog: { append: async () => undefined } };
  const { directory } = openPeople({ settings, current: { config: () => config }, clock, log, memory, client, home });
  if (config.identities.signIn !== undefined)
    terminal.complain("who people are elsewhere by having signed in isn't known here: the bot keeps that in Redis");

  const clouds = await openClouds(config, settings, clock, { read: async () => undefined, remember: readOnly });
  const machines = createMachines(new Map([...clouds].map(([name, cloud]) => [name, cloud.inventory])), clock);
  for (const { cloud, error } of await machines.refresh(AbortSignal.timeout(LONGEST_READING)))
    terminal.complain(`machines of ${cloud} can't be read: ${messageOf(error)}`);
  const authorities = await openAuthorities(config, settings, clock);
  const named = [...config.policy.roles.values()].flatMap((role) => role.users);
  return {
    lookedUp: MANY_ENOUGH,
    directory,
    machines,
    authorities: () => authorities,
    userNamed: userIdIn,
    people: () => [...new Set([...named, ...config.identities.people.keys()])],
    names: () => [],
  };
};

const LONGEST_READING = 60_000;

/** `users.info` allows a hundred calls a minute. https://docs.slack.dev/apis/web-api/rate-limits */
const MANY_ENOUGH = 20;

const logTo = ({ complain }: Terminal): Logger =>
  pino({ base: null, timestamp: false, level: "warn" }, { write: (line: string) => complain(line.trim()) });

const readOnly = async (): Promise<never> => {
  throw new Error("these tools change nothing");
};

const nobodysLinks: Links = {
  linkOf: async () => undefined,
  formerOf: async () => [],
  add: readOnly,
  remove: readOnly,
  invite: readOnly,
  invitation: async () => undefined,
  takeInvitation: readOnly,
  keepVisit: readOnly,
  takeVisit: readOnly,
  keepProof: readOnly,
  takeProof: readOnly,
};

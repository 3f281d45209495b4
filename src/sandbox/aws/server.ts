/** An EC2 on this machine: the query protocol over HTTP, with the real service's shapes, limits and errors. */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import type { Clock } from "../../access/time.ts";
import { createFaults, type Faults, type Misbehaviour } from "../faults.ts";
import { close, listen } from "../network/listening.ts";
import { type Answer, answerCall, callNameOf, paramsOf, requestLimitExceeded } from "./answer.ts";
import type { SignedRequest } from "./authorization.ts";
import type { Limits, Quotas } from "./call.ts";
import { createEditor, type Ec2Editor } from "./editor.ts";
import { type AccountExport, exportAccount, exportInterface, type InterfaceExport } from "./export.ts";
import { openWorld } from "./open-world.ts";
import { copyOf, type Ec2Reading } from "./state.ts";
import { type BucketSizes, createThrottle, REAL_BUCKETS } from "./throttle.ts";
import type { Ec2World } from "./world.ts";
import { errorXml } from "./xml.ts";

export interface Ec2ServerOptions {
  readonly clock: Clock;
  readonly world: Ec2World;
  readonly faults?: Faults;
  /** What is left out is as in reality; `off` never throttles. */
  readonly throttle?: Partial<BucketSizes> | "off";
  readonly quotas?: Partial<Quotas>;
  /** For so long after its making, a group's id is not found. */
  readonly eventuallyConsistentMs?: number;
  /** EC2 itself takes any character in tags; `every-service` only those that the tags of all services may have. */
  readonly tagCharacters?: Limits["tagCharacters"];
  /** The most entries in one answer, to see callers follow `NextToken`. */
  readonly largestPage?: number;
}

export interface Ec2Server {
  /** `http://127.0.0.1:<port>`: what `AWS_ENDPOINT_URL_EC2` is set to. */
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  /** What EC2 holds now. What was read doesn't change afterwards. */
  readonly state: () => Ec2Reading;
  readonly export: (interfaceId: string) => InterfaceExport;
  /** All groups of an account, the first one's without it: equal to an earlier one when nothing of meaning has changed. */
  readonly exportAccount: (account?: string) => AccountExport;
  readonly editAsSomeoneElse: <T>(edit: (editor: Ec2Editor) => T) => T;
  /** Called after every change. Returns a function that ends it. */
  readonly onChange: (listener: () => void) => () => void;
  /** Takes actions (`Revoke*`) away from an access key, as an IAM policy does. Returns a function that gives them back. */
  readonly deny: (keyId: string, ...actions: readonly string[]) => () => void;
  /** The latest calls, oldest first. */
  readonly calls: () => readonly Ec2Call[];
  readonly stop: () => Promise<void>;
  /** Stops if it runs, and listens again on the same port; nothing is forgotten. */
  readonly restart: () => Promise<void>;
}

export interface Ec2Call {
  readonly name: string;
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly at: number;
  /** `ok`, the error's code, or the misbehaviour that came before any result. */
  readonly result: string;
}

const QUOTAS: Quotas = { rulesPerGroup: 60, groupsPerInterface: 5, groupsPerRegion: 2_500, tagsPerResource: 50 };
const CALLS_KEPT = 10_000;
const UNTHROTTLED = { size: Number.POSITIVE_INFINITY, perSecond: 0 };

export const createEc2Server = async (options: Ec2ServerOptions): Promise<Ec2Server> => {
  const { clock, world, faults = createFaults() } = options;
  const state = openWorld(world, clock.now());
  const limits: Limits = {
    ...QUOTAS,
    ...options.quotas,
    largestPage: options.largestPage ?? 1_000,
    eventuallyConsistentMs: options.eventuallyConsistentMs ?? 0,
    tagCharacters: options.tagCharacters ?? "any",
    regions: world.regions ?? [...new Set(world.vpcs.map(({ region }) => region))],
  };
  const sizes: BucketSizes =
    options.throttle === "off"
      ? { describe: UNTHROTTLED, create: UNTHROTTLED, rules: UNTHROTTLED, modify: UNTHROTTLED, tags: UNTHROTTLED }
      : { ...REAL_BUCKETS, ...options.throttle };
  let denials: { keyId: string; actions: readonly string[] }[] = [];
  const deps = {
    state,
    accounts: world.accounts,
    limits,
    takeToken: createThrottle(sizes),
    denied: (keyId: string) => denials.filter((denial) => denial.keyId === keyId).flatMap(({ actions }) => actions),
  };
  const listeners = new Set<() => void>();
  const calls: Ec2Call[] = [];
  let stopping = new AbortController();

  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  const log = (request: SignedRequest, result: string, caller?: Answer["caller"]): void => {
    const params = paramsOf(request);
    calls.push({
      name: callNameOf(params),
      action: params.text("Action") ?? "",
      params: params.entries(),
      account: caller?.account,
      region: caller?.region,
      at: clock.now(),
      result,
    });
    if (calls.length > CALLS_KEPT) calls.shift();
  };

  const perform = (request: SignedRequest, lie = false): Answer => {
    const answer = answerCall(deps, request, clock.now(), lie);
    log(request, lie ? "lie" : answer.result, answer.caller);
    const isRead = /^(Describe|Get)/u.test(paramsOf(request).text("Action") ?? "Describe");
    if (answer.result === "ok" && !lie && !isRead) changed();
    return answer;
  };

  const misbehave = async (does: Misbehaviour, request: SignedRequest, response: ServerResponse): Promise<void> => {
    const released = AbortSignal.any([faults.released(), stopping.signal]);
    switch (does.kind) {
      case "delay":
        await sleep(does.ms, undefined, { signal: stopping.signal });
        return send(response, perform(request));
      case "lie":
        return send(response, perform(request, true));
      case "answer":
        log(request, `answered ${String(does.status)}`);
        return send(response, does, does.headers);
      case "throttle": {
        const { code, message, status } = requestLimitExceeded();
        log(request, code);
        const headers = does.retryAfterSeconds === undefined ? {} : { "retry-after": String(does.retryAfterSeconds) };
        return send(response, { status, body: errorXml(code, message, randomUUID()) }, headers);
      }
      case "drop":
        log(request, does.kind);
        response.destroy();
        return;
      case "lose-answer":
        perform(request);
        response.destroy();
        return;
      case "hang":
      case "hang-after":
        if (does.kind === "hang") log(request, does.kind);
        else perform(request);
        await aborted(released);
        response.destroy();
        return;
    }
  };

  const receive = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = "", url = "", headers } = incoming;
    const request: SignedRequest = { method, url, headers, body: Buffer.concat(chunks).toString() };
    const misbehaviour = faults.next(callNameOf(paramsOf(request)));
    if (misbehaviour === undefined) send(response, perform(request));
    else await misbehave(misbehaviour, request, response);
  };

  const http = createServer((incoming, response) => {
    receive(incoming, response).catch((error: unknown) => {
      if (stopping.signal.aborted || response.destroyed) response.destroy();
      else send(response, { status: 500, body: errorXml("InternalError", String(error), randomUUID()) });
    });
  });

  const stop = (): Promise<void> => {
    stopping.abort();
    return close(http);
  };

  const port = await listen(http, 0);
  return {
    url: `http://127.0.0.1:${String(port)}`,
    port,
    faults,
    state: () => copyOf(state),
    export: (interfaceId) => exportInterface(state, interfaceId),
    exportAccount: (account = world.accounts[0]?.id ?? "") => exportAccount(state, account),
    editAsSomeoneElse: (edit) => {
      try {
        return edit(createEditor(state, clock.now()));
      } finally {
        changed();
      }
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    deny: (keyId, ...actions) => {
      const denial = { keyId, actions };
      denials.push(denial);
      return () => {
        denials = denials.filter((other) => other !== denial);
      };
    },
    calls: () => [...calls],
    stop,
    restart: async () => {
      await stop();
      stopping = new AbortController();
      await listen(http, port);
    },
  };
};

const send = (
  response: ServerResponse,
  { status, body }: { readonly status: number; readonly body: string },
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, { "content-type": "text/xml;charset=UTF-8", server: "AmazonEC2", ...headers });
  response.end(body);
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

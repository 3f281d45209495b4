/** An IAM on this machine: the query protocol over HTTP, with users, groups, roles, policies, and its own judgement of them. */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { createFaults, type Faults, type Misbehaviour } from "../../faults.ts";
import { close, listen } from "../../network/listening.ts";
import type { SignedRequest } from "../authorization.ts";
import { type Params, readParams } from "../params.ts";
import { authenticate } from "./caller.ts";
import { IamError } from "./error.ts";
import { fitsAction } from "./pattern.ts";
import { simulatePrincipalPolicy } from "./simulate.ts";
import { type IamWorld, type KeptPrincipal, keepPrincipal, type PolicyDocument } from "./world.ts";
import { answerXml, errorXml } from "./xml.ts";

export interface IamServerOptions {
  readonly world: IamWorld;
  /** A call's name is its action and the principal it is about: `SimulatePrincipalPolicy arn:aws:iam::111122223333:user/dev1`. */
  readonly faults?: Faults;
  /** The most results in one answer, to see callers follow `Marker`. */
  readonly largestPage?: number;
}

export interface IamServer {
  /** `http://127.0.0.1:<port>`: what `AWS_ENDPOINT_URL_IAM` is set to. */
  readonly url: string;
  readonly faults: Faults;
  /** Of a user, group or role, by its ARN; `undefined` takes the policy away. Throws when there is no such principal. */
  readonly setPolicy: (arn: string, name: string, document: PolicyDocument | undefined) => void;
  readonly setBoundary: (arn: string, document: PolicyDocument | undefined) => void;
  readonly setServiceControl: (account: string, document: PolicyDocument | undefined) => void;
  /** The groups of a user, by name. */
  readonly setGroups: (arn: string, groups: readonly string[]) => void;
  /** Deletes a user, group or role. */
  readonly remove: (arn: string) => void;
  /** Takes actions (`iam:Simulate*`) away from an access key. Returns a function that gives them back. */
  readonly deny: (keyId: string, ...actions: readonly string[]) => () => void;
  /** The names of the latest calls, oldest first. */
  readonly calls: () => readonly string[];
  readonly stop: () => Promise<void>;
}

export const createIamServer = async (options: IamServerOptions): Promise<IamServer> => {
  const { world, faults = createFaults() } = options;
  const principals = new Map<string, KeptPrincipal>(
    [
      ...(world.users ?? []).map((spec) => keepPrincipal("user", spec)),
      ...(world.groups ?? []).map((spec) => keepPrincipal("group", spec)),
      ...(world.roles ?? []).map((spec) => keepPrincipal("role", spec)),
    ].map((kept) => [kept.arn, kept]),
  );
  const serviceControl = new Map(Object.entries(world.serviceControl ?? {}));
  const denials = new Set<{ readonly keyId: string; readonly actions: readonly string[] }>();
  const calls: string[] = [];
  const stopping = new AbortController();

  const principalOf = (arn: string): KeptPrincipal => {
    const kept = principals.get(arn);
    if (kept === undefined) throw new Error(`the sandbox has no ${arn}`);
    return kept;
  };

  const perform = (request: SignedRequest): Answer => {
    const requestId = randomUUID();
    try {
      const { account, key } = authenticate(request, world.accounts);
      const params = paramsOf(request);
      const action = params.text("Action") ?? "";
      if (action !== "SimulatePrincipalPolicy" || params.text("Version") !== "2010-05-08") {
        throw new IamError(
          "InvalidAction",
          `Could not find operation ${action} for version ${params.text("Version") ?? ""}`,
        );
      }
      const denied = [...denials].filter(({ keyId }) => keyId === key.id).flatMap(({ actions }) => actions);
      if ([...(key.denied ?? []), ...denied].some((pattern) => fitsAction(pattern, `iam:${action}`))) {
        throw new IamError(
          "AccessDenied",
          `User: arn:aws:iam::${account}:user/${key.id} is not authorized to perform: iam:${action} on resource: ${params.text("PolicySourceArn") ?? ""} because no identity-based policy allows the iam:${action} action`,
        );
      }
      const largestPage = options.largestPage ?? 1_000;
      const result = simulatePrincipalPolicy(params, { principals, serviceControl, account, largestPage });
      return { status: 200, body: answerXml(action, requestId, result), requestId };
    } catch (error) {
      if (!(error instanceof IamError)) throw error;
      const body = errorXml(error.code, error.message, error.status, requestId);
      return { status: error.status, body, requestId };
    }
  };

  const misbehave = async (does: Misbehaviour, request: SignedRequest, response: ServerResponse): Promise<void> => {
    switch (does.kind) {
      case "delay":
        await sleep(does.ms, undefined, { signal: stopping.signal });
        return send(response, perform(request));
      case "answer":
        return send(response, does, does.headers);
      case "throttle": {
        const headers = does.retryAfterSeconds === undefined ? {} : { "retry-after": String(does.retryAfterSeconds) };
        return send(
          response,
          { status: 400, body: errorXml("Throttling", "Rate exceeded", 400, randomUUID()) },
          headers,
        );
      }
      case "hang":
      case "hang-after":
        await aborted(AbortSignal.any([faults.released(), stopping.signal]));
        response.destroy();
        return;
      // Nothing is changed by a simulation, so there is nothing to lie about.
      case "lie":
      case "drop":
      case "lose-answer":
        response.destroy();
    }
  };

  const receive = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = "", url = "", headers } = incoming;
    const request: SignedRequest = { method, url, headers, body: Buffer.concat(chunks).toString() };
    const params = paramsOf(request);
    const call = `${params.text("Action") ?? ""} ${params.text("PolicySourceArn") ?? ""}`.trim();
    calls.push(call);
    const misbehaviour = faults.next(call);
    if (misbehaviour === undefined) send(response, perform(request));
    else await misbehave(misbehaviour, request, response);
  };

  const http = createServer((incoming, response) => {
    receive(incoming, response).catch((error: unknown) => {
      if (stopping.signal.aborted || response.destroyed) response.destroy();
      else send(response, { status: 500, body: errorXml("ServiceFailure", String(error), 500, randomUUID()) });
    });
  });
  const port = await listen(http, 0);

  return {
    url: `http://127.0.0.1:${String(port)}`,
    faults,
    setPolicy: (arn, name, document) => {
      if (document === undefined) principalOf(arn).policies.delete(name);
      else principalOf(arn).policies.set(name, document);
    },
    setBoundary: (arn, document) => {
      principalOf(arn).boundary = document;
    },
    setServiceControl: (account, document) => {
      if (document === undefined) serviceControl.delete(account);
      else serviceControl.set(account, document);
    },
    setGroups: (arn, groups) => {
      const kept = principalOf(arn);
      kept.groups.clear();
      for (const group of groups) kept.groups.add(group);
    },
    remove: (arn) => {
      principals.delete(principalOf(arn).arn);
    },
    deny: (keyId, ...actions) => {
      const denial = { keyId, actions };
      denials.add(denial);
      return () => denials.delete(denial);
    },
    calls: () => [...calls],
    stop: () => {
      stopping.abort();
      return close(http);
    },
  };
};

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Also said in a header. */
  readonly requestId?: string;
}

const paramsOf = ({ url, body }: SignedRequest): Params =>
  readParams(new Map([...new URLSearchParams(url.split("?")[1] ?? ""), ...new URLSearchParams(body)]));

const send = (
  response: ServerResponse,
  { status, body, requestId }: Answer,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const named = requestId === undefined ? {} : { "x-amzn-requestid": requestId };
  response.writeHead(status, { "content-type": "text/xml", ...named, ...headers });
  response.end(body);
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

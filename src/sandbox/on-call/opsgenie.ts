/** An Opsgenie on this machine, as far as who is on call: https://docs.opsgenie.com/docs/who-is-on-call-api */

import { randomUUID } from "node:crypto";

import { type OnCallServer, type Reply, serveOnCall } from "./on-call-server.ts";

/** A user, or a team or an escalation with those on call in it. */
export interface Participant {
  readonly id: string;
  readonly type: "user" | "team" | "escalation" | "none";
  /** Of a user their address. */
  readonly name?: string;
  readonly participants?: readonly Participant[];
}

export interface OpsgenieOptions {
  readonly token: string;
  /** By the schedule's id. */
  readonly onCall?: Readonly<Record<string, readonly Participant[]>>;
}

export interface OpsgenieServer extends OnCallServer {
  /** Who is on call from now on; `undefined`: there is no such schedule. */
  readonly setOnCall: (schedule: string, participants: readonly Participant[] | undefined) => void;
}

export const createOpsgenie = async ({ token, onCall = {} }: OpsgenieOptions): Promise<OpsgenieServer> => {
  const schedules = new Map(Object.entries(onCall));
  const server = await serveOnCall(
    (url, { method, headers }) => {
      if (headers.authorization === undefined) return refused(401, "Could not authenticate");
      if (headers.authorization !== `GenieKey ${token}`) return refused(422, "Key format is not valid!");
      const [, id] = /^\/v2\/schedules\/([^/]+)\/on-calls$/u.exec(url.pathname) ?? [];
      if (method !== "GET" || id === undefined) return refused(404, "No such request exists");
      const participants = schedules.get(decodeURIComponent(id));
      if (participants === undefined) return refused(404, `Schedule not found with id [${id}]`);
      const isFlat = url.searchParams.get("flat") === "true";
      const parent = { id: decodeURIComponent(id), name: "schedule", enabled: true };
      return {
        status: 200,
        body: {
          data: isFlat
            ? { _parent: parent, onCallRecipients: namesIn(participants) }
            : { _parent: parent, onCallParticipants: participants.map(written) },
          took: 0.001,
          requestId: randomUUID(),
        },
      };
    },
    // https://docs.opsgenie.com/docs/api-rate-limiting
    (seconds) => ({
      ...refused(429, "You are making too many requests!"),
      headers: { "x-ratelimit-state": "THROTTLED", "retry-after": String(seconds) },
    }),
  );
  return {
    ...server,
    setOnCall: (schedule, participants) => {
      if (participants === undefined) schedules.delete(schedule);
      else schedules.set(schedule, participants);
    },
  };
};

const written = ({ id, type, name = id, participants }: Participant): object => ({
  id,
  name,
  type,
  ...(participants === undefined ? {} : { onCallParticipants: participants.map(written) }),
});

const namesIn = (participants: readonly Participant[]): readonly string[] =>
  participants.flatMap(({ id, type, name = id, participants: inner = [] }) =>
    type === "user" ? [name] : namesIn(inner),
  );

const refused = (status: number, message: string): Reply => ({
  status,
  body: { message, took: 0.001, requestId: randomUUID() },
});

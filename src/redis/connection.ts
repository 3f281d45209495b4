/** What the rest of this folder sees of Redis: single commands and scripts that answer soon or throw a `Fault`. */

import { createHash } from "node:crypto";

import { Fault } from "../access/fault.ts";

type Argument = string | number;

/** Every method throws a `Fault` of code `redis`, at the latest two seconds after the call. What it asked for may have happened nevertheless. */
export interface RedisConnection {
  readonly send: (command: string, ...args: readonly Argument[]) => Promise<unknown>;
  /** Runs it as one write. All keys it touches are named, in one slot. */
  readonly run: (script: Script, keys: readonly string[], args: readonly Argument[]) => Promise<unknown>;
  /** Whether a command sent now would reach Redis, as far as is known. */
  readonly isReady: () => boolean;
  /** Resolves when Redis was reached. */
  readonly untilReady: (withinMs: number) => Promise<void>;
  /** What is wrong with how this Redis keeps data, in sentences for operators; empty when all is well or the server won't say. */
  readonly warnings: () => Promise<readonly string[]>;
  readonly close: () => void;
}

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Marks Lua text as a script. */
export const lua = ([text = ""]: TemplateStringsArray): Script => ({
  text,
  sha: createHash("sha1").update(text).digest("hex"),
});

export const redisFault = (message: string, cause?: unknown): Fault =>
  new Fault("redis", message, { retry: "later", cause });

/** Readers of replies. What has another shape than we asked for is a fault: somebody else wrote our keys. */
export const asText = (reply: unknown): string | undefined => {
  if (reply === null || reply === undefined) return undefined;
  if (typeof reply === "string") return reply;
  if (typeof reply === "number") return String(reply);
  throw redisFault("redis answered something that is no text");
};

export const asList = (reply: unknown): readonly unknown[] => {
  if (reply === null || reply === undefined) return [];
  if (Array.isArray(reply)) return reply;
  throw redisFault("redis answered something that is no list");
};

export const asTexts = (reply: unknown): readonly string[] => asList(reply).map((item) => asText(item) ?? "");

export const asNumber = (reply: unknown): number | undefined => {
  const text = asText(reply);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  throw redisFault("redis answered something that is no number");
};

export const asJson = (reply: unknown): unknown => {
  const text = asText(reply);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw redisFault("redis holds something that is no JSON", cause);
  }
};

/** Authorities with switches: whom they say no to, and how they misbehave. */

import { AUTHORITIES, type AuthorityName, type AuthorityNo } from "../../src/access/authority.ts";
import { Fault } from "../../src/access/fault.ts";
import type { DurationMs } from "../../src/access/time.ts";
import type { Authority, AuthorityQuestion } from "../../src/policy/authority.ts";

export type Mood =
  | "yes"
  | { readonly no: AuthorityNo }
  /** Heeds the signal. */
  | "slow"
  /** Never answers, whatever the signal. */
  | "deaf"
  | "failing"
  | "throttled";

export const createFakeAuthorities = () => {
  const connected = new Map<AuthorityName, Authority>();
  const moods = new Map<AuthorityName, (question: AuthorityQuestion) => Mood>();
  const asked: (AuthorityQuestion & { readonly name: AuthorityName })[] = [];
  const failures: { readonly name: AuthorityName; readonly error: unknown; readonly reference: string }[] = [];

  const answer = (mood: Mood, signal: AbortSignal): Awaited<ReturnType<Authority["ask"]>> | Promise<never> => {
    switch (mood) {
      case "yes":
        return { kind: "yes" };
      case "slow":
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      case "deaf":
        return new Promise(() => undefined);
      case "failing":
        throw new Fault("azure", "cannot read role assignments: 500", { retry: "later" });
      case "throttled":
        throw new Fault("azure", "cannot read role assignments: 429", { retry: "later", afterMs: 5_000 as DurationMs });
      default:
        return { kind: "no", because: mood.no };
    }
  };

  for (const name of AUTHORITIES)
    connected.set(name, {
      name,
      ask: async (question, signal) => {
        asked.push({ ...question, name });
        return answer(moods.get(name)?.(question) ?? "yes", signal);
      },
    });

  return {
    connected,
    asked,
    failures,
    failed: (name: AuthorityName, error: unknown, reference: string): void => {
      failures.push({ name, error, reference });
    },
    /** A mood for everybody and everything, or by the question. */
    set: (name: AuthorityName, mood: Mood | ((question: AuthorityQuestion) => Mood)): void => {
      moods.set(name, typeof mood === "function" ? mood : () => mood);
    },
  };
};

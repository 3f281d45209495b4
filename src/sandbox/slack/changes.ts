/** Everything that happens in the workspace, as it happens: for pages that draw it and for tests that wait for it. */

import type { SlackUser, SlackUserGroup } from "./world.ts";

export type Change =
  | {
      readonly kind: "message-posted" | "message-updated" | "message-deleted";
      readonly channel: string;
      readonly ts: string;
    }
  | { readonly kind: "view-opened" | "view-updated" | "view-closed"; readonly user: string; readonly view: string }
  | { readonly kind: "home-published"; readonly user: string }
  | { readonly kind: "told"; readonly user: string; readonly channel: string; readonly text: string }
  | { readonly kind: "people-changed" }
  /** Slack's events tell these to apps. */
  | { readonly kind: "user-changed"; readonly before: SlackUser; readonly user: SlackUser }
  | { readonly kind: "group-changed"; readonly before: SlackUserGroup; readonly group: SlackUserGroup }
  /** A fault was used up on this call. */
  | { readonly kind: "misbehaved"; readonly call: string; readonly does: string }
  | { readonly kind: "sockets-changed"; readonly open: number }
  | { readonly kind: "called"; readonly method: string; readonly ok: boolean; readonly error?: string };

export interface Changes {
  readonly publish: (change: Change) => void;
  /** Returns a function that ends the subscription. */
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  /**
   * What `look` returns once it is neither `undefined` nor `false`; it is asked now and after every change.
   * Rejects after `limitMs` (5 s), saying what was waited for.
   */
  readonly waitFor: <T>(look: () => T | undefined | false, options?: WaitOptions) => Promise<T>;
  /** Ends every wait that is still under way. */
  readonly close: () => void;
}

export interface WaitOptions {
  readonly limitMs?: number;
  readonly what?: string;
}

export const createChanges = (): Changes => {
  const listeners = new Set<(change: Change) => void>();
  const waits = new Set<(reason: Error) => void>();

  const subscribe = (listener: (change: Change) => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };

  const waitFor = <T>(look: () => T | undefined | false, options: WaitOptions = {}): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const limitMs = options.limitMs ?? 5_000;
      const end = (): void => {
        clearTimeout(timer);
        unsubscribe();
        waits.delete(fail);
      };
      const fail = (reason: unknown): void => {
        end();
        reject(reason);
      };
      const ask = (): void => {
        try {
          const seen = look();
          if (seen === undefined || seen === false) return;
          end();
          resolve(seen);
        } catch (error) {
          fail(error);
        }
      };
      const timer = setTimeout(
        () => fail(new Error(`waited ${limitMs} ms in Slack for ${options.what ?? look.toString()}`)),
        limitMs,
      );
      const unsubscribe = subscribe(ask);
      waits.add(fail);
      ask();
    });

  return {
    publish: (change) => {
      for (const listener of Array.from(listeners)) listener(change);
    },
    subscribe,
    waitFor,
    close: () => {
      for (const fail of Array.from(waits)) fail(new Error("the sandbox's Slack was stopped"));
    },
  };
};

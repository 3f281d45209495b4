/** Sees when the configuration file's content changes, however it is replaced. */

import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type ConfigReading, cannotRead, parseConfig } from "../config.ts";

export interface Watching {
  readonly file: string;
  /**
   * The first content, and then each that differs from the one before; one after the other, with the last one always among them. When the file is
   * gone for a while, that is a bad reading with the text `""`. Must not throw.
   */
  readonly changed: (reading: ConfigReading, text: string) => Promise<void> | void;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** A content that is known already, and isn't told as the first. */
  readonly known?: string;
  /** How often to look without a sign of a change. */
  readonly everyMs?: number;
}

export interface Watch {
  /** Looks now. */
  readonly look: () => void;
}

/**
 * The folder is watched and not the file, because editors put another file in its place, and Kubernetes another link:
 * https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
 * Some file systems tell of no change at all (https://nodejs.org/api/fs.html#caveats), so the content is read now and then anyway.
 */
export const watchConfig = ({ file, changed, signal, known, everyMs = 10_000 }: Watching): Watch => {
  let told: Content | undefined = known === undefined ? undefined : { text: known, reading: parseConfig(known, file) };
  let isWanted = false;
  let isLooking = false;

  const look = (): void => {
    isWanted = true;
    if (!isLooking) void lookUntilSame();
  };
  const lookUntilSame = async (): Promise<void> => {
    isLooking = true;
    while (isWanted && !signal.aborted) {
      isWanted = false;
      const content = await settled(file, told, signal);
      if (content === undefined || isSame(content, told)) continue;
      told = content;
      await changed(content.reading, content.text ?? "");
    }
    isLooking = false;
  };

  let isWatched = false;
  let soon: NodeJS.Timeout | undefined;
  const lookSoon = (): void => {
    // A folder with much else in it must not keep us reading.
    soon ??= setTimeout(() => {
      soon = undefined;
      look();
    }, STEP_MS).unref();
  };
  const watchFolder = (): void => {
    if (isWatched) return;
    try {
      const folder = watch(dirname(resolve(file)), { persistent: false, signal }, lookSoon);
      folder.on("error", () => {
        isWatched = false;
      });
      isWatched = true;
    } catch {
      // There is no such folder now, or too much is watched already: the beat below goes on, and tries again.
    }
  };

  if (signal.aborted) return { look: () => undefined };
  watchFolder();
  const beat = setInterval(() => {
    watchFolder();
    look();
  }, everyMs).unref();
  signal.addEventListener(
    "abort",
    () => {
      clearInterval(beat);
      clearTimeout(soon);
    },
    { once: true },
  );
  look();
  return { look };
};

/** `text` is `undefined` when there is nothing that can be read. */
interface Content {
  readonly text: string | undefined;
  readonly reading: ConfigReading;
}

const isSame = (one: Content, other: Content | undefined): boolean => other !== undefined && one.text === other.text;

/** What the file holds when nobody is writing it any more; at once when it is what was told. `undefined`: stopped. */
const settled = async (file: string, told: Content | undefined, signal: AbortSignal): Promise<Content | undefined> => {
  let content = await read(file, told);
  let since = performance.now();
  while (!isSame(content, told)) {
    // Half a file may be a bad one, and between two files there may be none: so what is bad is looked at for longer.
    const quietMs = content.reading.kind === "ok" ? QUIET_MS : BAD_QUIET_MS;
    if (performance.now() - since >= quietMs) return content;
    const isStopped = await wait(STEP_MS, false, { signal, ref: false }).catch(() => true);
    if (isStopped) return undefined;
    const next = await read(file, content);
    if (isSame(next, content)) continue;
    content = next;
    since = performance.now();
  }
  return content;
};

/** `before` is given back when nothing is different from it, so that the same isn't judged again and again. */
const read = async (file: string, before: Content | undefined): Promise<Content> => {
  try {
    const text = await readFile(file, "utf8");
    return text === before?.text ? before : { text, reading: parseConfig(text, file) };
  } catch (error) {
    return { text: undefined, reading: cannotRead(file, error) };
  }
};

const STEP_MS = 50;
const QUIET_MS = 200;
const BAD_QUIET_MS = 2_000;

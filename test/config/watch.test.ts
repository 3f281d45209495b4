import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { watchConfig } from "../../src/config/watch.ts";

const text = (channel: string): string => `
installation: acme
clouds: { azure: { subscriptions: 00000000-0000-0000-0000-000000000001 } }
roles: { all: { users: U1 } }
channel: ${channel}
rules: { request: all, approve: none, ports: { ssh: { maximum: 1h } } }
`;

let folder = "";
let stopping = new AbortController();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "latch-watch-"));
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await rm(folder, { recursive: true, force: true });
});

/** What was told, in order: the channel of a good reading, `bad` of another. */
const start = (file: string, extra: { readonly known?: string; readonly everyMs?: number } = {}) => {
  const told: string[] = [];
  const { look } = watchConfig({
    file,
    signal: stopping.signal,
    // So that it is the signs of a change that are looked at, unless a test says otherwise.
    everyMs: 3_600_000,
    changed: (reading) => {
      told.push(reading.kind === "ok" ? (reading.config.policy.rules[0]?.channel ?? "") : "bad");
    },
    ...extra,
  });
  return { told, look };
};
const toBecome = (told: readonly string[], expected: readonly string[]) =>
  vi.waitFor(() => expect(told).toEqual(expected), { timeout: 10_000, interval: 20 });

describe("the content is told when it changes", () => {
  test("written in place", async () => {
    const file = join(folder, "latch.yaml");
    await writeFile(file, text("C1"));
    const { told } = start(file);
    await toBecome(told, ["C1"]);
    await writeFile(file, text("C2"));
    await toBecome(told, ["C1", "C2"]);
  });

  test("another file renamed over it, as editors do", async () => {
    const file = join(folder, "latch.yaml");
    await writeFile(file, text("C1"));
    const { told } = start(file, { known: text("C1") });
    await writeFile(`${file}.new`, text("C2"));
    await rename(`${file}.new`, file);
    await toBecome(told, ["C2"]);
    await writeFile(`${file}.new`, text("C3"));
    await rename(`${file}.new`, file);
    await toBecome(told, ["C2", "C3"]);
  });

  test("a link moved to another folder, as Kubernetes does", async () => {
    const put = async (name: string, channel: string): Promise<void> => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "latch.yaml"), text(channel));
      await symlink(name, join(folder, "..data_tmp"));
      await rename(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    await put("..2026_1", "C1");
    const file = join(folder, "latch.yaml");
    await symlink("..data/latch.yaml", file);
    const { told } = start(file, { known: text("C1") });
    await put("..2026_2", "C2");
    await rm(join(folder, "..2026_1"), { recursive: true });
    await toBecome(told, ["C2"]);
  });

  test("gone, and back again", async () => {
    const file = join(folder, "latch.yaml");
    await writeFile(file, text("C1"));
    const { told } = start(file);
    await toBecome(told, ["C1"]);
    await rm(file);
    await toBecome(told, ["C1", "bad"]);
    await writeFile(file, text("C1"));
    await toBecome(told, ["C1", "bad", "C1"]);
  });

  test("gone for a moment only is no change", async () => {
    const file = join(folder, "latch.yaml");
    await writeFile(file, text("C1"));
    const { told } = start(file, { known: text("C1") });
    await rm(file);
    await wait(100);
    await writeFile(file, text("C2"));
    await toBecome(told, ["C2"]);
  });

  test("half of it written is waited for", async () => {
    const file = join(folder, "latch.yaml");
    await writeFile(file, text("C1"));
    const { told } = start(file, { known: text("C1") });
    const whole = text("C2");
    await writeFile(file, whole.slice(0, 60));
    await wait(300);
    await writeFile(file, whole);
    await toBecome(told, ["C2"]);
  });

  test("where no sign of a change comes, by looking now and then", async () => {
    const elsewhere = join(folder, "elsewhere");
    await mkdir(elsewhere);
    await mkdir(join(folder, "here"));
    await writeFile(join(elsewhere, "latch.yaml"), text("C1"));
    const file = join(folder, "here", "latch.yaml");
    await symlink("../elsewhere/latch.yaml", file);
    const { told } = start(file, { known: text("C1"), everyMs: 100 });
    await writeFile(join(elsewhere, "latch.yaml"), text("C2"));
    await toBecome(told, ["C2"]);
  });

  test("when somebody asks to look", async () => {
    await mkdir(join(folder, "here"));
    await writeFile(join(folder, "latch.yaml"), text("C1"));
    const file = join(folder, "here", "latch.yaml");
    await symlink("../latch.yaml", file);
    const { told, look } = start(file, { known: text("C1") });
    await writeFile(join(folder, "latch.yaml"), text("C2"));
    look();
    await toBecome(told, ["C2"]);
  });

  test("a folder that isn't there yet", async () => {
    const file = join(folder, "later", "latch.yaml");
    const { told } = start(file, { everyMs: 100 });
    await toBecome(told, ["bad"]);
    await mkdir(join(folder, "later"));
    await writeFile(file, text("C1"));
    await toBecome(told, ["bad", "C1"]);
  });
});

test("the same content isn't told twice, and what is known isn't told", async () => {
  const file = join(folder, "latch.yaml");
  await writeFile(file, text("C1"));
  const { told, look } = start(file, { known: text("C1") });
  for (let again = 0; again < 5; again += 1) {
    await writeFile(file, text("C1"));
    look();
    await wait(30);
  }
  await writeFile(file, text("C2"));
  await toBecome(told, ["C2"]);
});

test("of many changes in a row the last is told, whatever happened while one was taken", async () => {
  const file = join(folder, "latch.yaml");
  await writeFile(file, text("C0"));
  const told: string[] = [];
  watchConfig({
    file,
    signal: stopping.signal,
    everyMs: 3_600_000,
    changed: async (reading) => {
      const channel = reading.kind === "ok" ? (reading.config.policy.rules[0]?.channel ?? "") : "bad";
      told.push(`${channel}…`);
      await wait(150);
      told.push(channel);
    },
  });
  for (let number = 1; number <= 40; number += 1) {
    await writeFile(`${file}.new`, text(`C${number}`));
    await rename(`${file}.new`, file);
    await wait(number % 7 === 0 ? 260 : 5);
  }
  await vi.waitFor(() => expect(told.at(-1)).toBe("C40"), { timeout: 10_000 });
  // One after the other.
  for (const [index, each] of told.entries()) if (each.endsWith("…")) expect(told[index + 1]).toBe(each.slice(0, -1));
  expect(new Set(told).size).toBe(told.length);
});

test("after its end nothing is told", async () => {
  const file = join(folder, "latch.yaml");
  await writeFile(file, text("C1"));
  const { told, look } = start(file);
  await toBecome(told, ["C1"]);
  stopping.abort();
  await writeFile(file, text("C2"));
  look();
  await wait(500);
  expect(told).toEqual(["C1"]);
});

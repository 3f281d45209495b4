import { expect, test } from "vitest";
import { orAborted } from "../../src/access/or-aborted.ts";

const never = new Promise<string>(() => undefined);

test("what the work comes to in time", async () => {
  const { signal } = new AbortController();
  expect(await orAborted(Promise.resolve("done"), signal)).toBe("done");
  await expect(orAborted(Promise.reject(new Error("failed")), signal)).rejects.toThrow("failed");
});

test("no longer than the signal lets it, even if the work never ends", async () => {
  const controller = new AbortController();
  const waiting = orAborted(never, controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(orAborted(never, controller.signal)).rejects.toThrow("enough");
});

test("work that fails after nobody waits any more disturbs nobody", async () => {
  const work = Promise.withResolvers<string>();
  await expect(orAborted(work.promise, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  work.reject(new Error("too late"));
  await expect(work.promise).rejects.toThrow("too late");
});

import { expect, test } from "vitest";
import { isLoopback } from "../../src/access/loopback.ts";

test.each(["http://localhost:1/x", "http://127.0.0.1", "http://127.9.8.7", "http://127.1", "https://[::1]:8443"])(
  "%s is on this machine",
  (address) => {
    expect(isLoopback(new URL(address))).toBe(true);
  },
);

test.each([
  "http://localhost.example",
  "http://127.0.0.1.example",
  "http://10.0.0.1",
  "http://[::2]",
  "http://0.0.0.0",
])("%s is elsewhere", (address) => {
  expect(isLoopback(new URL(address))).toBe(false);
});

import { describe, expect, test } from "vitest";

import { parseRedisUrl } from "../../src/redis/redis-url.ts";

describe("REDIS_URL", () => {
  test.each([
    ["redis://localhost", { kind: "single", tls: false, host: { host: "localhost", port: 6379 }, db: 0 }],
    ["redis://localhost/", { kind: "single", db: 0 }],
    [
      "rediss://db.example.com:6380/2",
      { kind: "single", tls: true, host: { host: "db.example.com", port: 6380 }, db: 2 },
    ],
    ["redis://:p%40ss@h", { username: undefined, password: "p@ss" }],
    ["redis://me:a:b@h", { username: "me", password: "a:b" }],
    ["redis://:100%@h", { password: "100%" }],
    ["redis://[::1]:7000", { host: { host: "::1", port: 7000 } }],
    [
      "redis://a:1,b",
      {
        kind: "cluster",
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 6379 },
        ],
      },
    ],
    [
      "redis+sentinel://:pw@a:26380,b/mymaster/3?sentinelPassword=s%26s",
      {
        kind: "sentinel",
        hosts: [
          { host: "a", port: 26_380 },
          { host: "b", port: 26_379 },
        ],
        master: "mymaster",
        db: 3,
        password: "pw",
        sentinelPassword: "s&s",
      },
    ],
    ["rediss+sentinel://a/m", { kind: "sentinel", tls: true, master: "m" }],
  ])("%s", (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected);
  });

  test.each([
    "",
    "localhost:6379",
    "http://localhost",
    "redis://",
    "redis://h:0",
    "redis://h:65536",
    "redis://h:x",
    "redis://a,,b",
    "redis+sentinel://a",
    "redis://h/x",
    "redis://a b",
  ])("%j is refused", (url) => {
    expect(parseRedisUrl(url)).toBeUndefined();
  });
});

/** Reads `REDIS_URL`. */

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export type RedisAddress = Credentials &
  (
    | { readonly kind: "single"; readonly host: RedisHost; readonly db: number }
    | { readonly kind: "cluster"; readonly hosts: readonly RedisHost[] }
    | {
        readonly kind: "sentinel";
        readonly hosts: readonly RedisHost[];
        readonly master: string;
        readonly db: number;
        readonly sentinelPassword: string | undefined;
      }
  );

const FORM =
  /^redis(?<tls>s)?(?<sentinel>\+sentinel)?:\/\/(?:(?<credentials>[^/?#]*)@)?(?<hosts>[^/?#@]+)(?<path>\/[^?#]*)?(?:\?(?<query>.*))?$/u;

/**
 *     redis://user:password@host:6379/0
 *     rediss://host                                            (TLS)
 *     redis://host-a:6379,host-b:6379                          (a cluster; more of its nodes are found from these)
 *     redis+sentinel://:password@host-a:26379,host-b:26379/master-name?sentinelPassword=…
 *
 * A user name or password is percent-encoded. `undefined` when it is none of these.
 */
export const parseRedisUrl = (url: string): RedisAddress | undefined => {
  const parts = FORM.exec(url.trim())?.groups;
  if (parts === undefined) return undefined;
  const sentinel = parts.sentinel !== undefined;
  const hosts = (parts.hosts ?? "").split(",").map((text) => parseHost(text, sentinel ? 26_379 : 6_379));
  const [first, ...more] = hosts.filter((host) => host !== undefined);
  if (first === undefined || more.length + 1 !== hosts.length) return undefined;

  const [username, ...password] = (parts.credentials ?? "").split(":");
  const credentials = {
    tls: parts.tls !== undefined,
    username: decoded(username),
    password: decoded(password.join(":")),
  };
  const path = (parts.path ?? "").split("/").slice(1);
  if (sentinel) {
    const [master = "", db] = path;
    const sentinelPassword = new URLSearchParams(parts.query).get("sentinelPassword") ?? undefined;
    if (master === "" || !isDatabase(db)) return undefined;
    return {
      kind: "sentinel",
      ...credentials,
      hosts: [first, ...more],
      master: decoded(master) ?? master,
      db: Number(db ?? 0),
      sentinelPassword,
    };
  }
  if (!isDatabase(path[0])) return undefined;
  if (more.length > 0) return { kind: "cluster", ...credentials, hosts: [first, ...more] };
  return { kind: "single", ...credentials, host: first, db: Number(path[0] ?? 0) };
};

const parseHost = (text: string, usualPort: number): RedisHost | undefined => {
  const match = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/iu.exec(text.trim())?.groups;
  const host = match?.v6 ?? match?.name;
  const port = match?.port === undefined ? usualPort : Number(match.port);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
};

const isDatabase = (text: string | undefined): boolean => text === undefined || /^\d{0,4}$/u.test(text);

const decoded = (text: string | undefined): string | undefined => {
  if (text === undefined || text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A password with a bare percent sign: people paste those.
  }
};

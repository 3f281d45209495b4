/** What to type in a shell to take the audit log out of a running sandbox. */

/** `redisUrl`: `undefined` where each bot has a Redis of its own, which has to be named. */
export const auditLine = (configFile: string, redisUrl: string | undefined): string =>
  [
    `LATCH_CONFIG=${quoted(configFile)}`,
    `REDIS_URL=${redisUrl === undefined ? "<the bot's Redis>" : quoted(redisUrl)}`,
    "npm run --silent latch -- audit export > log.jsonl",
  ].join(" ");

/** As a POSIX shell takes it, and no more than needed. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

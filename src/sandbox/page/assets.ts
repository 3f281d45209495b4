/** The page's own files: TypeScript loses its types on the way to the browser, so there is nothing to build. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";

const SANDBOX = new URL("../", import.meta.url);
const from = createRequire(import.meta.url);

/** The page's modules, and the few of the sandbox's Slack that are pure: markup and dates are read by the same code everywhere. */
const OURS = /^(?:page\/browser\/[a-z-]+|slack\/(?:mrkdwn|dates|json))\.ts$/u;

const LIBRARIES: ReadonlyMap<string, string> = new Map([
  ["preact", from.resolve("preact")],
  ["preact/hooks", from.resolve("preact/hooks")],
  ["luxon", join(dirname(from.resolve("luxon/package.json")), "build/es6/luxon.mjs")],
]);

const IMPORT_MAP = JSON.stringify({
  imports: Object.fromEntries([...LIBRARIES.keys()].map((name) => [name, `/library/${name}`])),
});

/** Nothing from elsewhere is loaded, and nothing is sent elsewhere. */
const CONTENT_POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash("sha256").update(IMPORT_MAP).digest("base64")}'`,
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** In this order: of two that say something about the same, the later one counts. */
const STYLES = ["base", "places", "messages", "composer", "forms", "tour", "machines", "doors", "controls"].map(
  (name) => `${name}.css`,
);

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latch sandbox</title>
<link rel="icon" href="data:,">
${STYLES.map((name) => `<link rel="stylesheet" href="/${name}">`).join("\n")}
<script type="importmap">${IMPORT_MAP}</script>
<script type="module" src="/ours/page/browser/app.ts"></script>
</head>
<body><div id="page"><p class="loading">Opening the sandbox …</p></div></body>
</html>
`;

/** `undefined`: there is no such file. */
export const asset = async (path: string): Promise<Response | undefined> => {
  if (path === "/")
    return new Response(HTML, {
      headers: { ...text("html"), "content-security-policy": CONTENT_POLICY, "referrer-policy": "no-referrer" },
    });
  const style = STYLES.find((name) => path === `/${name}`);
  if (style !== undefined) return new Response(await readFile(new URL(`./${style}`, import.meta.url)), css);
  const library = path.startsWith("/library/") ? LIBRARIES.get(path.slice("/library/".length)) : undefined;
  if (library !== undefined) return new Response(await readFile(library), javascript);
  const ours = path.startsWith("/ours/") ? path.slice("/ours/".length) : "";
  if (!OURS.test(ours)) return undefined;
  const source = await readFile(new URL(ours, SANDBOX), "utf8").catch(() => undefined);
  return source === undefined ? undefined : new Response(stripTypeScriptTypes(source), javascript);
};

const text = (kind: string) => ({ "content-type": `text/${kind}; charset=utf-8`, "cache-control": "no-store" });
const css = { headers: text("css") };
const javascript = { headers: text("javascript") };

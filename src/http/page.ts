/** What all our pages have in common: plain, readable on a phone, kept by nobody, in no frame. */

import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { html, raw } from "hono/html";

/** What `html` makes: safe, because it escapes all that is put in. */
export type Page = ReturnType<typeof html>;

/** Title and text of a page that only says something. */
export type Words = readonly [title: string, text: string];

/** `nonce` is the one that the page's content security policy lets style it. */
export const page = (title: string, body: Page, nonce: string): Page => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Latch</title>
<style nonce="${nonce}">${raw(STYLE)}</style>
</head>
<body><main>${body}</main></body>
</html>
`;

export const drawSorry = ([title, text]: Words, nonce: string): Page =>
  page(title, html`<h1>${title}</h1><p>${text}</p>`, nonce);

/** Answers with a page. `allowed` is what its policy allows beside a style: `["form-action 'self'"]`. */
export const show = (
  c: Context,
  status: 200 | 403 | 404 | 503,
  draw: (nonce: string) => Page,
  allowed: (nonce: string) => readonly string[] = () => [],
) => {
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    ...allowed(nonce),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  c.header("Content-Security-Policy", policy.join("; "));
  setHeaders(c);
  return c.html(draw(nonce), status);
};

export const setHeaders = (c: Context): void => {
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
};

/** Pressed on our page, and not sent here by another: https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site */
export const isFromOurPage = (c: Context): boolean => {
  const from = c.req.header("sec-fetch-site");
  return from === undefined || from === "same-origin";
};

/** A browser takes `__Host-` only from us, not from a neighbour under the same domain; it needs https and the path `/`. */
export const cookieFor = (name: string, publicUrl: string) => {
  const { protocol, pathname } = new URL(publicUrl);
  const secure = protocol === "https:";
  return {
    name: secure && pathname === "/" ? `__Host-latch-${name}` : `latch-${name}`,
    // Lax, because the browser comes from another site.
    options: { path: "/", httpOnly: true, sameSite: "Lax", secure },
  } as const;
};

/** 256 bits in base64url. */
export const TOKEN = "[A-Za-z0-9_-]{43}";

const HEADERS = {
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
  "X-Frame-Options": "DENY",
  "X-Content-Type-Options": "nosniff",
};

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 1.1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 2rem 1.2rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; }
button { font: inherit; font-weight: 600; padding: 0.8rem 1.2rem; border: 0; border-radius: 0.5rem; background: #1f5fbf; color: #fff; cursor: pointer; }
button:focus-visible, input:focus-visible { outline: 3px solid #f5a623; outline-offset: 2px; }
label { display: block; margin: 0 0 1rem; }
.code { font-size: 1.4rem; padding: 0.8rem 1rem; border: 1px solid; border-radius: 0.5rem; user-select: all; }
`;

/** `/link/…`: where people sign in to show who they are elsewhere. See `identity/linking.ts` for why it is as it is. */

import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Visiting } from "../identity/visiting.ts";
import { drawAsk, drawOutcome, drawSorry, LINK_IS_OVER, OUT_OF_ORDER, type Page } from "./link-page.ts";

export interface LinkRoutesDeps {
  readonly visiting: Visiting;
  /** Where people reach us, without a slash at its end. */
  readonly publicUrl: string;
  readonly failed: (error: unknown) => void;
}

export const createLinkRoutes = ({ visiting, publicUrl, failed }: LinkRoutesDeps): Hono => {
  const routes = new Hono();
  const { protocol, pathname } = new URL(publicUrl);
  const isSecure = protocol === "https:";
  // A browser takes `__Host-` only from us, not from a neighbour under the same domain; it needs https and the path `/`.
  const cookie = isSecure && pathname === "/" ? "__Host-latch-link" : "latch-link";

  const show = (c: Context, status: 200 | 404 | 403 | 503, draw: (nonce: string) => Page) => {
    const nonce = randomBytes(16).toString("base64");
    c.header("Content-Security-Policy", policyFor(nonce));
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    return c.html(draw(nonce), status);
  };
  const over = (c: Context) => show(c, 404, (nonce) => drawSorry(LINK_IS_OVER, nonce));

  routes.onError((error, c) => {
    failed(error);
    return show(c, 503, (nonce) => drawSorry(OUT_OF_ORDER, nonce));
  });

  routes.get("/link/callback", async (c) => {
    const outcome = await visiting.comeBack(new URL(c.req.url).searchParams, getCookie(c, cookie));
    setCookie(c, cookie, "", { ...COOKIE, secure: isSecure, maxAge: 0 });
    return show(c, outcome.kind === "proven" ? 200 : 403, (nonce) => drawOutcome(outcome, nonce));
  });

  routes.get(`/link/:token{${TOKEN}}`, async (c) => {
    const token = c.req.param("token");
    const found = await visiting.look(token);
    if (found === undefined) return over(c);
    const action = `${publicUrl}/link/${token}`;
    return show(c, 200, (nonce) => drawAsk(found.invitation, { provider: found.provider, action, nonce }));
  });

  routes.post(`/link/:token{${TOKEN}}`, async (c) => {
    // Pressed on our page, and not sent here by another: https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site
    const from = c.req.header("sec-fetch-site");
    if (from !== undefined && from !== "same-origin") return over(c);
    const left = await visiting.leave(c.req.param("token"));
    if (left === undefined) return over(c);
    setCookie(c, cookie, left.browser, { ...COOKIE, secure: isSecure, maxAge: VISIT_SECONDS });
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    return c.redirect(left.to.href, 303);
  });

  routes.all("/link/*", over);
  return routes;
};

/** 256 bits in base64url. */
const TOKEN = "[A-Za-z0-9_-]{43}";
const VISIT_SECONDS = 600;

/** Lax, because the browser comes back from another site. */
const COOKIE = { path: "/", httpOnly: true, sameSite: "Lax" } as const;

/**
 * No `form-action`: browsers apply it to where the provider forwards them as well, and companies forward sign-ins to places of their own.
 * https://developer.mozilla.org/docs/Web/HTTP/Headers/Content-Security-Policy/form-action
 */
const policyFor = (nonce: string): string =>
  `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`;

const HEADERS = {
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
  "X-Frame-Options": "DENY",
  "X-Content-Type-Options": "nosniff",
};

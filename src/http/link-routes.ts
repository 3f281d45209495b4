/**
 * `/link/…`: where people sign in to show who they are elsewhere. See `identity/linking.ts` for why it is as it is.
 *
 * Its content security policy has no `form-action`: browsers apply it to where the provider forwards them as well, and companies forward sign-ins to places of their own.
 * https://developer.mozilla.org/docs/Web/HTTP/Headers/Content-Security-Policy/form-action
 */

import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Visiting } from "../identity/visiting.ts";
import { drawAsk, drawOutcome, LINK_IS_OVER, OUT_OF_ORDER } from "./link-page.ts";
import { cookieFor, drawSorry, isFromOurPage, setHeaders, show, TOKEN } from "./page.ts";

export interface LinkRoutesDeps {
  readonly visiting: Visiting;
  /** Where people reach us, without a slash at its end. */
  readonly publicUrl: string;
  readonly failed: (error: unknown) => void;
}

export const createLinkRoutes = ({ visiting, publicUrl, failed }: LinkRoutesDeps): Hono => {
  const routes = new Hono();
  const cookie = cookieFor("link", publicUrl);
  const over = (c: Context) => show(c, 404, (nonce) => drawSorry(LINK_IS_OVER, nonce));

  routes.onError((error, c) => {
    failed(error);
    return show(c, 503, (nonce) => drawSorry(OUT_OF_ORDER, nonce));
  });

  routes.get("/link/callback", async (c) => {
    const outcome = await visiting.comeBack(new URL(c.req.url).searchParams, getCookie(c, cookie.name));
    setCookie(c, cookie.name, "", { ...cookie.options, maxAge: 0 });
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
    if (!isFromOurPage(c)) return over(c);
    const left = await visiting.leave(c.req.param("token"));
    if (left === undefined) return over(c);
    setCookie(c, cookie.name, left.browser, { ...cookie.options, maxAge: VISIT_SECONDS });
    setHeaders(c);
    return c.redirect(left.to.href, 303);
  });

  routes.all("/link/*", over);
  return routes;
};

const VISIT_SECONDS = 600;

/** `/address/…`: where people are seen, so that their address is let in. See `workflow/my-address/visit.ts` for why it is as it is. */

import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie, setCookie } from "hono/cookie";
import type { Refusal } from "../access/refusal.ts";
import { hashOf, type SignedSecrets } from "../access/signed-secret.ts";
import { type Cidr, familyOf, parseCidr, showCidr } from "../access/source.ts";
import type { Clock } from "../access/time.ts";
import { LINK_LASTS } from "../workflow/my-address/offer.ts";
import type { Visiting } from "../workflow/my-address/visit.ts";
import {
  type AccessTitle,
  drawAsk,
  drawDead,
  drawUsed,
  NOT_PRESSED_HERE,
  OUT_OF_ORDER,
  UNSEEN,
} from "./address-page.ts";
import { clientAddress } from "./client-address.ts";
import { cookieFor, drawSorry, isFromOurPage, setHeaders, show, TOKEN } from "./page.ts";

export interface AddressRoutesDeps {
  readonly visiting: Visiting;
  readonly secrets: SignedSecrets;
  /** Where people reach us, without a slash at its end; and where only those with an IPv4, or an IPv6 address do. */
  readonly publicUrl: string;
  readonly otherUrls: readonly string[];
  /** Who may say where a request came from. */
  readonly trustedProxies: readonly Cidr[];
  /** In plain words. */
  readonly sayWhyNot: (refusals: readonly Refusal[]) => readonly string[];
  readonly accessTitle: AccessTitle;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
}

interface Env {
  Bindings: HttpBindings;
}

export const createAddressRoutes = (deps: AddressRoutesDeps): Hono<Env> => {
  const { visiting, secrets, publicUrl, otherUrls, trustedProxies, accessTitle, clock } = deps;
  const routes = new Hono<Env>();
  const cookie = cookieFor("address", publicUrl);
  const ourOrigin = new URL(publicUrl).origin;
  const otherOrigins = [...new Set(otherUrls.map((url) => new URL(url).origin))];

  const seenBy = (c: Context<Env>): Cidr | undefined =>
    clientAddress(c.env.incoming.socket.remoteAddress, c.req.header("x-forwarded-for"), trustedProxies);
  /** What is signed is about this link and this browser alone. */
  const ticketFor = (token: string, browser: string): string =>
    `${hashOf(browser)}.${secrets.sign(["ticket", token, hashOf(browser)])}`;

  routes.onError((error, c) => {
    deps.failed(error);
    return show(c, 503, (nonce) => drawSorry(OUT_OF_ORDER, nonce));
  });

  routes.get(`/address/:token{${TOKEN}}`, async (c) => {
    // Whoever only looks whether something is there, or fetches ahead, isn't the browser that the link is for.
    if (c.req.method === "HEAD" || isAhead(c)) return c.body(null, 503);
    const token = c.req.param("token");
    const look = await visiting.look(token, keptBy(c, cookie.name));
    if (look.kind === "dead") return show(c, statusOf(look.because), (nonce) => drawDead(look.because, nonce));
    const { browser, offer } = look;
    setCookie(c, cookie.name, browser, { ...cookie.options, maxAge: LINK_LASTS / 1_000 });
    const action = `${publicUrl}/address/${token}`;
    const others = otherUrls.map((url) => `${url}/address/${token}/seen`);
    return show(
      c,
      200,
      (nonce) =>
        drawAsk(offer, { seen: seenBy(c), action, others, ticket: ticketFor(token, browser), nonce, accessTitle }),
      (nonce) => [
        "form-action 'self'",
        ...(otherOrigins.length === 0 ? [] : [`script-src 'nonce-${nonce}'`, `connect-src ${otherOrigins.join(" ")}`]),
      ],
    );
  });

  routes.post(`/address/:token{${TOKEN}}`, bodyLimit({ maxSize: LARGEST_FORM }), async (c) => {
    if (!isFromOurPage(c)) return show(c, 403, (nonce) => drawSorry(NOT_PRESSED_HERE, nonce));
    const token = c.req.param("token");
    const browser = keptBy(c, cookie.name);
    const form = await c.req.parseBody({ all: true }).catch((): Record<string, unknown> => ({}));
    const also = secrets.isOurs(token) && browser !== undefined ? provenIn(form["also"], token, browser) : [];
    const seen = oneOfEachFamily([seenBy(c), ...also]);
    const use = await visiting.use(token, browser, seen, form["remember"] === "day");
    if (use.kind === "dead") return show(c, statusOf(use.because), (nonce) => drawDead(use.because, nonce));
    if (use.kind === "unseen") return show(c, 403, (nonce) => drawSorry(UNSEEN, nonce));
    const whyNot = "refusals" in use.outcome ? deps.sayWhyNot(use.outcome.refusals) : [];
    return show(c, 200, (nonce) => drawUsed(use, { refusals: whyNot, now: clock.now(), nonce, accessTitle }));
  });

  /** Asked by the page's script, under another name of ours: what is seen there, signed, so that the form can bring it along. */
  routes.post(`/address/:token{${TOKEN}}/seen`, bodyLimit({ maxSize: LARGEST_FORM }), async (c) => {
    setHeaders(c);
    c.header("Access-Control-Allow-Origin", ourOrigin);
    const token = c.req.param("token");
    const [browser = "", signature = ""] = (await c.req.text()).split(".");
    const isTicket = secrets.isOurs(token) && secrets.isSigned(["ticket", token, browser], signature);
    const seen = isTicket ? seenBy(c) : undefined;
    if (seen === undefined) return c.json({}, 404);
    const proof = `${seen} ${secrets.sign(["seen", token, browser, seen])}`;
    return c.json({ shown: showCidr(seen), proof });
  });

  const provenIn = (sent: unknown, token: string, browser: string): readonly Cidr[] =>
    (Array.isArray(sent) ? sent : [sent]).flatMap((proof) => {
      const [address = "", signature = ""] = String(proof).split(" ");
      return secrets.isSigned(["seen", token, hashOf(browser), address], signature) ? (parseCidr(address) ?? []) : [];
    });

  routes.all("/address/*", (c) => show(c, 404, (nonce) => drawDead("unknown", nonce)));
  return routes;
};

const statusOf = (because: string): 403 | 404 => (because === "other-browser" ? 403 : 404);

const keptBy = (c: Context, name: string): string | undefined => {
  const kept = getCookie(c, name);
  return kept !== undefined && new RegExp(`^${TOKEN}$`, "u").test(kept) ? kept : undefined;
};

/** https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Purpose */
const isAhead = (c: Context): boolean =>
  [c.req.header("sec-purpose"), c.req.header("purpose")].some((purpose) => purpose?.includes("prefetch") === true);

/** Of each the first: where the button was pressed goes before what was seen elsewhere. */
const oneOfEachFamily = (seen: readonly (Cidr | undefined)[]): readonly Cidr[] => {
  const addresses = seen.filter((address) => address !== undefined);
  return (["ipv4", "ipv6"] as const).flatMap((family) => addresses.find((each) => familyOf(each) === family) ?? []);
};

const LARGEST_FORM = 16 * 1024;

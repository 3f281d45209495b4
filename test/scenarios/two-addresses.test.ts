/** Whoever has an IPv4 and an IPv6 address is let in from both, where both reach the machine and the rule lets both in. */

import { afterAll, expect, test } from "vitest";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";
import { browserAt, linkFrom } from "./visitor.ts";

const { dev } = PEOPLE;
const { office, officeV6, home, stranger } = ADDRESSES;
const stage = await setInsideStage({ onTestFinished: afterAll }, { ipv6Front: true });

const linkTo = async (text: string): Promise<URL> => {
  await stage.jit(dev, text);
  return linkFrom(stage, dev);
};

/** What the page's script does: it asks each other name, and sends along what that says. */
const askOthers = async (page: string): Promise<readonly Response[]> => {
  const attribute = (name: string): string =>
    (new RegExp(`data-${name}="([^"]*)"`, "u").exec(page)?.[1] ?? "").replaceAll("&quot;", '"');
  const others = JSON.parse(attribute("others")) as readonly string[];
  return Promise.all(others.map((url) => fetch(url, { method: "POST", body: attribute("ticket") })));
};
const proofIn = async (answer: Response | undefined): Promise<string> =>
  ((await answer?.json()) as { readonly proof?: string } | undefined)?.proof ?? "";
const asked = (): readonly string[] =>
  stage.bots[0].events.flatMap((event) => (event.kind === "request.approved" ? [event.sources.join(" ")] : []));

test("the page asks under its other name, and what is seen there is let in too", async () => {
  const link = await linkTo("ssh dev-box-1 1h from me");
  const browser = browserAt(stage, office);
  const page = await browser.open(link);
  expect(page.headers.get("content-security-policy")).toContain(`connect-src ${stage.ipv6Front?.url}`);
  const [answer] = await askOthers(page.text);
  expect(answer?.headers.get("access-control-allow-origin")).toBe(stage.front.url);
  const also = await proofIn(answer);
  expect((await browser.press(link, { also })).text).toContain(`from ${office} and ${officeV6}`);
  await stage.until("both get in", async () =>
    (await Promise.all([office, officeV6].map((from) => stage.reaches(from, "dev-box-1")))).every(Boolean),
  );
  expect(await stage.reaches(home, "dev-box-1")).toBe(false);
});

test("a machine without an IPv6 address is opened for the other one alone", async () => {
  const link = await linkTo("ssh dev-vm-1 1h");
  const browser = browserAt(stage, home);
  const [answer] = await askOthers((await browser.open(link)).text);
  await browser.press(link, { also: await proofIn(answer) });
  expect(asked().at(-1)).toBe(`${home}/32`);
});

test("what another name saw counts for this link and this browser only, as it was signed", async () => {
  const [first, second] = [await linkTo("ssh dev-box-1 1h"), await linkTo("ssh dev-box-1 2h")];
  const [mine, theirs] = [browserAt(stage, home), browserAt(stage, stranger)];
  const [answer] = await askOthers((await mine.open(first)).text);
  const also = await proofIn(answer);
  await theirs.open(second);
  await theirs.press(second, { also });
  expect(asked().at(-1)).toBe(`${stranger}/32`);

  const third = await linkTo("ssh dev-box-1 3h");
  await mine.open(third);
  await mine.press(third, { also });
  expect(asked().at(-1)).toBe(`${home}/32`);
  await mine.press(first, { also: also.replace(officeV6, "2001:db8:1::66") });
  expect(asked().at(-1)).toBe(`${home}/32`);
});

test("who didn't see the page is told nothing there", async () => {
  const link = await linkTo("ssh dev-box-1 1h");
  for (const body of ["", ".", "x.y", "null", `${"a".repeat(64)}.${"b".repeat(43)}`]) {
    const answer = await fetch(new URL(`${link.pathname}/seen`, stage.ipv6Front?.url), { method: "POST", body });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe("{}");
  }
});

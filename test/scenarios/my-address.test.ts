/** Nobody types an address: a link to our page sees where they are, and that is let in. Whoever forges, replays, finds or guesses anything is not. */

import { Agent, request } from "node:http";
import { afterAll, describe, expect, test } from "vitest";
import { createSignedSecrets } from "../../src/access/signed-secret.ts";
import { DAY, HOUR, MINUTE } from "../../src/access/time.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";
import { browserAt, linkFrom } from "./visitor.ts";

const { dev, otherDev } = PEOPLE;
const { home, office, vpn, stranger } = ADDRESSES;
const stage = await setInsideStage({ onTestFinished: afterAll });
const [bot] = stage.bots;

/** Machines that nobody has to approve, where the rule has no default source. */
const linkTo = async (user: string, text: string): Promise<URL> => {
  await stage.jit(user, text);
  return linkFrom(stage, user);
};
const closeAll = async (): Promise<void> => {
  for (const user of [dev, otherDev]) {
    for (const [, id = ""] of (await stage.jit(user, "list")).matchAll(/\/jit close ([a-z0-9]{8})/gu))
      await stage.jit(user, `close ${id}`);
  }
  await stage.until("all are closed", async () => (await isOpenFrom(home, office, vpn, stranger)).length === 0);
};
const isOpenFrom = async (...addresses: readonly string[]): Promise<readonly string[]> => {
  const open = await Promise.all(addresses.map((address) => stage.reaches(address, "dev-vm-1")));
  return addresses.filter((_, at) => open[at]);
};
/** Alone on a machine it takes a few seconds. */
const PATIENTLY = { timeout: 200_000 };

const recorded = (): readonly string[] =>
  bot.events.flatMap((event) => (event.kind === "address.refused" ? [event.because] : []));
const requests = (): number => bot.events.filter(({ kind }) => kind === "request.approved").length;

describe("without a source where the rule has no default", () => {
  test("the page says who asks for what and where they are; pressed, that address is let in, and no other", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h because <b>disk</b>");
    expect(stage.answers(dev).at(-1)).toContain("Where will you connect from?");
    expect(link.pathname).toMatch(/^\/address\/[\w-]{43}$/u);
    const browser = browserAt(stage, home);
    const page = await browser.open(link);
    expect(page.status).toBe(200);
    for (const text of [dev, "SSH to dev-vm-1 for 1 hour", `<code>${home}</code>`, "&lt;b&gt;disk"])
      expect(page.text).toContain(text);
    expect(page.text.match(/<button/gu)).toHaveLength(1);
    expect(page.text).not.toContain("<script");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");

    const after = await browser.press(link);
    expect(after.text).toContain(`SSH to dev-vm-1 is being opened for you from ${home}`);
    await stage.until("it is open from there", async () => (await isOpenFrom(home)).length > 0);
    expect(await isOpenFrom(vpn, office, stranger)).toEqual([]);
    await stage.until("they are told in Slack", () =>
      stage.direct(dev).some((text) => text.startsWith(`SSH to dev-vm-1: opening from ${home}.`)),
    );
    await closeAll();
  });

  test("`from me` means it where the rule has one; an approver sees the address", async () => {
    const link = await linkTo(dev, "ssh prod-vm-3 1h from me because INC-1");
    const browser = browserAt(stage, home);
    await browser.open(link);
    expect((await browser.press(link)).text).toContain(`from ${home}: asked. Somebody has to approve it.`);
    await stage.until("they are told", () =>
      stage.direct(dev).some((text) => text.startsWith(`SSH to prod-vm-3: asked, from ${home}.`)),
    );
    await closeAll();
  });

  test("what is wrong beside it is said at once, without sending anybody to a page", async () => {
    expect(await stage.jit(dev, "ssh dev-vm-1 90h")).toContain("at most");
    expect(await stage.jit(dev, "ssh prod-vm-3 1h from me")).toContain("justification");
  });

  test("an address that the rule doesn't let in is refused with the reason, on the page and in Slack", async () => {
    const link = await linkTo(dev, "rdp prod-vm-3 30m from me because INC-1");
    const browser = browserAt(stage, stranger);
    await browser.open(link);
    const { text } = await browser.press(link);
    expect(text).toContain(`You were seen at <strong>${stranger}</strong>`);
    expect(text).toContain(`${stranger} is outside of what rule production allows. Allowed: vpn.`);
    await stage.until("they are told", () =>
      stage.direct(dev).some((said) => said.startsWith(`I saw you at ${stranger}, and nothing was asked.`)),
    );
  });
});

describe("remembered for a day", () => {
  test("the next ask needs no page, and says so; after a day it does again; it is theirs alone", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h");
    const browser = browserAt(stage, home);
    await browser.open(link);
    await browser.press(link, { remember: "day" });
    await stage.until("it is open", async () => (await isOpenFrom(home)).length > 0);
    await closeAll();

    const answer = await stage.jit(dev, "ssh dev-vm-1 1h");
    expect(answer).toContain(`From ${home}, where I saw you last.`);
    expect(answer).toContain("ask again with `from me`, and I look again");
    expect(await stage.jit(dev, "ssh dev-vm-1 1h from me")).toContain("Where will you connect from?");
    await stage.until("it is open again", async () => (await isOpenFrom(home)).length > 0);
    expect(await stage.jit(otherDev, "ssh dev-vm-1 1h")).toContain("Where will you connect from?");
    await closeAll();

    stage.clock.advance(DAY);
    expect(await stage.jit(dev, "ssh dev-vm-1 1h")).toContain("Where will you connect from?");
    await stage.settled();
  });

  test("not without the tick", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h");
    const browser = browserAt(stage, home);
    await browser.open(link);
    await browser.press(link);
    expect(await stage.jit(dev, "ssh dev-vm-1 1h")).toContain("Where will you connect from?");
    await closeAll();
  });
});

describe("forged headers", () => {
  const forgeries: readonly Readonly<Record<string, string>>[] = [
    { "x-forwarded-for": office },
    { "x-forwarded-for": `${office}, ${vpn}` },
    { "x-forwarded-for": ` ${office} ,\t127.0.0.1 ` },
    { "x-forwarded-for": `${office}:443` },
    { "x-forwarded-for": "garbage" },
    { "x-forwarded-for": "" },
    { "x-forwarded-for": ",,,," },
    { "x-forwarded-for": "a".repeat(4_000) },
    { "X-Forwarded-For": "0.0.0.0/0", forwarded: `for=${office}`, "x-real-ip": office, "cf-connecting-ip": office },
    { "true-client-ip": office, "x-client-ip": office, "x-forwarded": office, via: `1.1 ${office}` },
  ];

  test("through the proxy: whatever they send, they are where the proxy saw them", async () => {
    for (const forged of forgeries) {
      const link = await linkTo(dev, "ssh dev-vm-1 1h");
      const browser = browserAt(stage, stranger);
      expect((await browser.open(link, forged)).text).toContain(`<code>${stranger}</code>`);
      // Each opens a rule and is told in a channel that takes one message a second: three are enough.
      if (forgeries.indexOf(forged) % 4 === 1)
        expect((await browser.press(link, {}, forged)).text).toContain(`from ${stranger}`);
    }
    await stage.until("it is open", async () => (await isOpenFrom(stranger)).length > 0);
    expect(await isOpenFrom(office, vpn, home, stranger)).toEqual([stranger]);
    await closeAll();
  });

  test("past the proxy, from the machine itself: only an entry that nobody trusted counts, and a malformed one makes all nothing", async () => {
    // The peer is 127.0.0.1, which the sandbox trusts: so it stands for a proxy that sends on what it is sent.
    const straight = async (forwarded: string | undefined): Promise<string> => {
      const link = await linkTo(dev, "ssh dev-vm-1 1h");
      const url = new URL(link.pathname, bot.url);
      const answer = await fetch(url, { headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } });
      return /<code>([\d.:a-f]+)<\/code><\/li>/u.exec(await answer.text())?.[1] ?? "nowhere";
    };
    expect(await straight(undefined)).toBe("nowhere");
    expect(await straight("127.0.0.1")).toBe("nowhere");
    expect(await straight("0.0.0.0")).toBe("nowhere");
    expect(await straight("::1")).toBe("nowhere");
    expect(await straight(`${home}, unknown`)).toBe("nowhere");
    expect(await straight(`${home}, ::ffff:127.0.0.1`)).toBe(home);
    expect(await straight(`${office}, ${home}`)).toBe(home);
    expect(await straight(`::ffff:${home}`)).toBe(home);
  });

  test("who can't be seen isn't let in from anywhere, and may still use the link from elsewhere", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h");
    const nowhere = browserAt(stage, "127.0.0.1");
    expect((await nowhere.open(link)).text).toContain("see where you are");
    const before = requests();
    expect(await nowhere.press(link)).toMatchObject({ status: 403 });
    expect(requests()).toBe(before);
  });
});

describe("links", () => {
  test("replayed: of all who press at once one is let in, and later none", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h");
    const browser = browserAt(stage, home);
    await browser.open(link);
    const before = requests();
    const refused = recorded().length;
    const pressed = await Promise.all(Array.from({ length: 8 }, () => browser.press(link)));
    expect(pressed.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await browser.press(link)).text).toContain("This link is over");
    expect((await browser.open(link)).text).toContain("This link is over");
    expect([requests(), recorded().length]).toEqual([before + 1, refused + 1]);
    expect(recorded().at(-1)).toBe("used");
    await closeAll();
  });

  test("another browser, which found it: neither sees what it is for nor can use it; the first still can", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h because INC-7");
    const [mine, theirs] = [browserAt(stage, home), browserAt(stage, stranger)];
    await mine.open(link);
    const page = await theirs.open(link);
    expect(page.status).toBe(403);
    expect(page.text).toContain("This link was opened elsewhere");
    for (const text of ["INC-7", "dev-vm-1", dev]) expect(page.text).not.toContain(text);
    const before = requests();
    expect((await theirs.press(link)).status).toBe(403);
    // Nor with the cookie of a link of their own.
    await theirs.open(await linkTo(otherDev, "ssh dev-vm-1 1h"));
    expect((await theirs.press(link)).status).toBe(403);
    expect(requests()).toBe(before);
    expect(recorded().at(-1)).toBe("other-browser");
    expect((await mine.press(link)).status).toBe(200);
    await stage.until("it is open", async () => (await isOpenFrom(home)).length > 0);
    expect(await isOpenFrom(stranger)).toEqual([]);
    await closeAll();
  });

  test("another person's: it gives to whose it is, who is told, and never to who pressed", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h");
    const theirs = browserAt(stage, office);
    expect((await theirs.open(link)).text).toContain(dev);
    await theirs.press(link);
    await stage.until("it is told to whose link it was", () =>
      stage.direct(dev).some((text) => text.startsWith(`SSH to dev-vm-1: opening from ${office}.`)),
    );
    expect(stage.direct(otherDev).filter((text) => text.includes(office))).toEqual([]);
    await closeAll();
  });

  test("expired: at ten minutes to the millisecond", async () => {
    const [first, second] = [await linkTo(dev, "ssh dev-vm-1 1h"), await linkTo(dev, "ssh dev-vm-1 2h")];
    const browser = browserAt(stage, home);
    stage.clock.advance(9 * MINUTE);
    expect((await browser.open(first)).status).toBe(200);
    await browser.open(second);
    stage.clock.advance(MINUTE);
    expect((await browser.open(first)).text).toContain("This link is over");
    expect((await browser.press(second)).text).toContain("This link is over");
    expect(recorded().slice(-2)).toEqual(["over", "over"]);
    stage.clock.advance(3 * HOUR);
    expect((await browser.open(first)).status).toBe(404);
    await stage.settled();
  });

  test("sent by another site, fetched ahead or only tried: nothing is used up, and no browser has it", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h");
    const scanner = browserAt(stage, stranger);
    await stage.front.visit(stranger, link, { method: "HEAD" });
    await scanner.open(link, { "sec-purpose": "prefetch;prerender" });
    const browser = browserAt(stage, home);
    expect((await browser.open(link)).status).toBe(200);
    for (const site of ["cross-site", "same-site", "none"])
      expect(await browser.press(link, {}, { "sec-fetch-site": site })).toMatchObject({ status: 403 });
    expect((await browser.press(link, {}, { "sec-fetch-site": "same-origin" })).status).toBe(200);
    await closeAll();
  });

  test(
    "10,000 guessed, truncated and tampered: all refused, without asking memory, and nobody else waits for it",
    PATIENTLY,
    async () => {
      const real = await linkTo(dev, "ssh dev-vm-1 1h");
      const token = real.pathname.split("/").at(-1) ?? "";
      const alien = createSignedSecrets("xoxb-other", "address acme");
      const guesses = Array.from({ length: 10_000 }, (_, at) => {
        if (at % 4 === 0) return alien.make();
        if (at % 4 === 1) return token.slice(0, at % 43);
        const place = at % 43;
        const letter = "ABCDEFGHabcdefgh01234567_-"[at % 26] ?? "A";
        const other = token[place] === letter ? (letter === "Z" ? "Y" : "Z") : letter;
        return `${token.slice(0, place)}${other}${token.slice(place + 1)}`;
      });
      const redis = connectRedis(stage.redis.url, { log: { info: () => undefined, warn: () => undefined } });
      await redis.untilReady(2_000);
      const gets = async () =>
        Number(/cmdstat_get:calls=(\d+)/u.exec(String(await redis.send("INFO", "commandstats")))?.[1] ?? 0);
      const read = await gets();
      const before = [recorded().length, requests()];

      const agent = new Agent({ keepAlive: true, maxSockets: 20 });
      const statusOf = (url: string, method: string): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const asked = request(url, { agent, method, headers: { "x-forwarded-for": stranger } }, (answer) => {
            answer.resume().once("end", () => resolve(answer.statusCode));
          });
          asked.once("error", reject).end();
        });
      const waits: number[] = [];
      const guessing = { left: guesses.length };
      const began = performance.now();
      const guess = async (): Promise<void> => {
        while (guessing.left > 0) {
          guessing.left -= 1;
          const guessed = guesses[guessing.left] ?? "";
          const method = guessing.left % 2 === 0 ? "GET" : "POST";
          expect(await statusOf(`${bot.url}/address/${guessed}`, method)).toBe(404);
        }
      };
      const serve = async (): Promise<void> => {
        while (guessing.left > 0) {
          const at = performance.now();
          const page = await browserAt(stage, home).open(await linkTo(otherDev, "ssh dev-vm-1 1h"));
          expect(page.status).toBe(200);
          waits.push(performance.now() - at);
        }
      };
      await Promise.all([serve(), ...Array.from({ length: 20 }, guess)]);
      const took = performance.now() - began;
      process.stdout.write(
        `10,000 guesses in ${Math.round(took)} ms; meanwhile another's link and page in ${waits.map(Math.round).join(", ")} ms\n`,
      );
      // What it takes to serve the others, and the beats: far from one for each guess.
      expect((await gets()) - read).toBeLessThan(2_000);
      expect([recorded().length, requests()]).toEqual(before);
      // A quarter of a second where nobody else wants the processors.
      expect(Math.max(...waits)).toBeLessThan(10_000);
      redis.close();
      agent.destroy();

      const browser = browserAt(stage, home);
      expect((await browser.open(real)).status).toBe(200);
      await closeAll();
    },
  );
});

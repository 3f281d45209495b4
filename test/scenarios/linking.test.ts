/** Somebody links who they are in Entra ID, through Slack, a browser and back; and what that is worth to others. */

import { afterAll, describe, expect, test } from "vitest";
import { ADDRESSES, PEOPLE, setStage } from "./stage.ts";

const { dev, lead, otherLead, nobody } = PEOPLE;
const stage = await setStage({ onTestFinished: afterAll });

const linkIn = (answer: string): string => {
  const link = /http:\/\/127\.0\.0\.1:\d+\/link\/[\w-]{43}/u.exec(answer)?.[0];
  if (link === undefined) throw new Error(`no link in: ${answer}`);
  return link;
};

/** Presses the button of a link's page, signs in there as this subject, and returns the code that is shown. */
const signIn = async (link: string, subject: string): Promise<string> => {
  const left = await fetch(link, { method: "POST", redirect: "manual" });
  const to = left.headers.get("location");
  const cookie = left.headers.getSetCookie()[0]?.split(";")[0];
  if (to === null || cookie === undefined) throw new Error(`the link leads nowhere: ${await left.text()}`);
  const page = await fetch(await stage.openid.signIn(new URL(to), subject), { headers: { cookie } });
  const code = /\/jit link ([a-z0-9]{5}-[a-z0-9]{5})/u.exec(await page.text())?.[1];
  if (code === undefined) throw new Error("no code");
  return code;
};

const kinds = (): readonly string[] =>
  stage.bots[0].events.map(({ kind }) => kind).filter((kind) => kind.startsWith("identity."));

/** The bot is another process: what it says of itself comes by and by. */
const recorded = (...expected: readonly string[]): Promise<void> =>
  stage.until(
    () => `the record says ${expected.join(", ")} and not ${kinds().join(", ")}`,
    () => JSON.stringify(kinds()) === JSON.stringify(expected),
  );

describe("linking", () => {
  test("goes from Slack by a page back to Slack, and can be taken back", async () => {
    const code = await signIn(linkIn(await stage.jit(otherLead, "link")), "entra-lead-2");
    expect(await stage.jit(otherLead, `link ${code}`)).toContain("d0000000-0000-4000-8000-0000000000a2");
    await recorded("identity.linked");
    await stage.jit(otherLead, "unlink");
    await recorded("identity.linked", "identity.unlinked");
  });

  test("another's code is nothing, and nobody is linked by signing in on another's page", async () => {
    const before = kinds();
    const code = await signIn(linkIn(await stage.jit(nobody, "link")), "entra-lead");
    await stage.jit(dev, `link ${code}`);
    await stage.jit(nobody, "link bcdfg-hjkmn");
    expect(await stage.jit(nobody, "unlink")).not.toContain("d0000000");
    await recorded(...before, "identity.refused", "identity.refused");
  });
});

describe("taking back a link makes nobody somebody else:", () => {
  /** The codes by which clicks on this request were refused, one more than before the click. */
  const refusedTo = async (user: string, id: string): Promise<readonly string[]> => {
    const refusals = () =>
      stage.bots[0].events.flatMap((event) =>
        event.kind === "review.refused" && event.requestId === id ? [event.code] : [],
      );
    const before = refusals().length;
    await stage.approve(user, id);
    await stage.until("the click is refused on record", () => refusals().length > before);
    return refusals();
  };
  const linkAsLead = async (): Promise<void> => {
    const code = await signIn(linkIn(await stage.jit(otherLead, "link")), "entra-lead");
    expect(await stage.jit(otherLead, `link ${code}`)).toContain("linked");
  };
  const unlink = async (): Promise<void> => {
    expect(await stage.jit(otherLead, "unlink")).toContain("no longer linked");
  };

  test("neither who asks nor who answers, whenever they do it", async () => {
    await linkAsLead();
    const answered = await stage.ask(lead, "ssh prod-vm-3 1h because INC-1");
    const asked = await stage.ask(otherLead, "ssh prod-vm-3 1h because INC-1");
    expect(await refusedTo(otherLead, answered)).toEqual(["own-request"]);
    expect(await refusedTo(lead, asked)).toEqual(["own-request"]);
    await unlink();
    expect(await refusedTo(otherLead, answered)).toEqual(["own-request", "own-request"]);
    expect(await refusedTo(lead, asked)).toEqual(["own-request", "own-request"]);
    await stage.jit(otherLead, `close ${asked}`);
    const askedAgain = await stage.ask(otherLead, "ssh prod-vm-3 1h because INC-2");
    expect(await refusedTo(lead, askedAgain)).toEqual(["own-request"]);
    expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);

    // It isn't that nobody could: the same click does for somebody else's.
    const another = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
    await stage.approve(otherLead, another);
    await stage.until("it is open", () => stage.reaches(ADDRESSES.vpn, "prod-vm-3"));
  });
});

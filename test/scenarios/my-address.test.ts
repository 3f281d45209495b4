/** Nobody types an address: a link to our page sees where they are, and that is let in. */

import { afterAll, describe, expect, test } from "vitest";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";
import { type Browser, browserAt, linkFrom } from "./visitor.ts";

const { dev } = PEOPLE;
const stage = await setInsideStage({ onTestFinished: afterAll });
const linkTo = async (user: string, text: string): Promise<URL> => {
  await stage.jit(user, text);
  return linkFrom(stage, user);
};

describe("without a source where the rule has no default", () => {
  test("the answer has a link; the page says who asks for what and where they are; pressed, that address is let in, and no other", async () => {
    const link = await linkTo(dev, "ssh dev-vm-1 1h");
    const browser: Browser = browserAt(stage, ADDRESSES.home);
    const page = await browser.open(link);
    expect(page.status).toBe(200);
    expect(page.text).toContain(dev);
    expect(page.text).toContain("ssh on dev-vm-1 for 1h");
    expect(page.text).toContain(ADDRESSES.home);
    const after = await browser.press(link);
    expect(after.text).toContain(`ssh on dev-vm-1 is being opened for you from ${ADDRESSES.home}`);
    await stage.until("it is open from there", () => stage.reaches(ADDRESSES.home, "dev-vm-1"));
    expect(await stage.reaches(ADDRESSES.stranger, "dev-vm-1")).toBe(false);
  });
});

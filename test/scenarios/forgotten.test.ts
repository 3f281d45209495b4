/** A request that was lost with Redis: its card doesn't go on asking. */

import { afterAll, expect, test } from "vitest";
import { ADDRESSES, CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });

test.each(["Approve", "Deny"])(
  "%s on a card whose request is lost says so on the card, and opens nothing",
  async (label) => {
    const id = await stage.ask(PEOPLE.dev, "ssh prod-vm-3 1h because INC-1");
    const { ts } = stage.card(id);
    await stage.settled();
    await stage.redis.flush();

    await stage.click(PEOPLE.lead, id, label);
    const card = () => stage.slack.messages(CHANNELS.access).find((message) => message.ts === ts);
    await stage.until("the card says that it is lost", () => card()?.text.startsWith("This request is lost") === true);
    expect(JSON.stringify(card()?.blocks)).not.toContain("request.approve");
    expect(stage.answers(PEOPLE.lead).at(-1)).toContain("I don't know that request any more.");
    expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);
  },
);

/** The whole way once with Socket Mode: nothing comes in over HTTP. */

import { expect, test } from "vitest";
import { ADDRESSES, CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

test("asked, denied; asked, approved, opened and closed, all through the socket", {
  timeout: 30_000,
}, async (context) => {
  const stage = await setInsideStage(context, { socketMode: true });
  await stage.until("the socket is open", () => stage.slack.sockets.open() > 0);
  const { dev, lead } = PEOPLE;
  expect((await fetch(`${stage.bots[0].url}/slack/events`, { method: "POST", body: "{}" })).status).toBe(404);

  const denied = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
  await stage.click(lead, denied, "Deny");
  await stage.until("the form is open", () => stage.slack.see(lead).modals.length === 1);
  const submitted = await stage.slack.submitView({ user: lead, values: { reason: "use the bastion" } });
  expect(submitted.outcome).toBe("closed");
  expect("ack" in submitted && submitted.ack.via).toBe("socket");
  await stage.until("the card says so", () => stage.card(denied).text.includes("denied by @lead-1: “use the bastion”"));

  const id = await stage.ask(dev, "ssh prod-vm-3 30m because INC-2");
  await stage.approve(lead, id);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(true);
  stage.clock.advance(30 * 60_000);
  await stage.until("it is closed", () => stage.card(id).text.includes("after its time"));
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);

  // Slack renews sockets now and then; what comes while the old one goes is lost, as with Slack.
  stage.slack.sockets.refresh();
  await stage.until("commands come through again", async () => {
    const ack = await stage.slack.command({ user: dev, channel: CHANNELS.access, text: "list" });
    return ack.outcome === "ok";
  });
  await stage.until("it is answered", () => stage.answers(dev).at(-1)?.startsWith("Nothing is open for you") === true);
});

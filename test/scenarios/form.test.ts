/** The form: opened, filled in, refused at its fields, sent; all through Slack's own protocol. */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { SeenView } from "../../src/sandbox/slack/sight.ts";
import { ec2World } from "../../src/sandbox/world.ts";
import { CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const LONG_NAME = `dev-${"n".repeat(190)}-<&>*1`;
const [anInstance] = ec2World.instances;
if (anInstance === undefined) throw new Error("the sandbox's AWS is empty");
const withLongName = {
  ...ec2World,
  instances: [
    ...ec2World.instances,
    {
      ...anInstance,
      id: "i-0long",
      name: LONG_NAME,
      tags: { env: "dev" },
      interfaces: anInstance.interfaces.map((each) => ({
        ...each,
        id: "eni-0long",
        privateIp: "10.1.1.77",
        publicIp: "54.170.1.77",
        ipv6: [],
      })),
    },
  ],
};

const stage = await setInsideStage({ onTestFinished: afterAll }, { world: { ec2: withLongName } });
const { slack, until } = stage;
const { dev, otherDev, lead, nobody, guest, outsider } = PEOPLE;

afterEach(() => {
  stage.faults.slack.clear();
  for (const user of Object.values(PEOPLE)) while (formOf(user) !== undefined) void slack.closeView({ user });
});

const formOf = (user: string): SeenView | undefined => slack.see(user).modals.at(-1);
const field = (user: string, name: string) => {
  const found = formOf(user)?.buttons.find(({ actionId }) => actionId.startsWith(`form.${name}`));
  if (found === undefined) throw new Error(`no field ${name} in: ${formOf(user)?.text}`);
  return found;
};
const errorsOf = (user: string): readonly string[] => Object.values(formOf(user)?.errors ?? {});
const says = async (user: string, text: string | RegExp): Promise<void> => {
  const isSaid = (): boolean => {
    const shown = formOf(user)?.text ?? "";
    return typeof text === "string" ? shown.includes(text) : text.test(shown);
  };
  await until(`the form says ${text}`, isSaid, 4_000).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${formOf(user)?.text}`);
  });
};

const openByCommand = async (user: string): Promise<void> => {
  const ack = await slack.command({ user, channel: CHANNELS.access, text: "" });
  expect(ack.outcome).toBe("ok");
  await until("the form is open", () => formOf(user) !== undefined);
};
const offered = async (user: string, text: string) => {
  const { options } = await slack.blockSuggestion({ user, actionId: "form.machine", value: text });
  return options as readonly { readonly text: { readonly text: string }; readonly value: string }[];
};
const choose = async (user: string, name: string, value: Parameters<typeof slack.click>[0]["value"]): Promise<void> => {
  await slack.click({ user, actionId: field(user, name).actionId, ...(value === undefined ? {} : { value }) });
};
const chooseMachine = async (user: string, name: string): Promise<void> => {
  const [first] = await offered(user, name);
  if (first === undefined) throw new Error(`${name} isn't offered`);
  await choose(user, "machine", { ...first });
};
const send = (user: string, values: Readonly<Record<string, string>>) =>
  slack.submitView({
    user,
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [field(user, name).actionId, value])),
  });

/** What only they are told about what they asked: in the channel or directly. */
const answersOf = (user: string): readonly string[] => [...stage.answers(user), ...stage.direct(user)];
const answered = async (user: string, act: () => Promise<unknown>): Promise<string> => {
  const before = answersOf(user);
  await act();
  await until(`${user} is answered`, () => answersOf(user).length > before.length);
  return answersOf(user).find((text, at) => text !== before[at]) ?? "";
};
const openDev = async (user: string): Promise<void> => {
  await openByCommand(user);
  await chooseMachine(user, "prod-vm-2");
  await says(user, "Needs one of @lead-1, @lead-2");
};

test("somebody chooses a machine by typing, is told what will happen, and asks", async () => {
  await openByCommand(dev);
  await chooseMachine(dev, "vm-3");
  await says(dev, /Needs one of @lead-1, @lead-2; they are told in #access and have 30 minutes to answer/u);
  const answer = await answered(dev, async () =>
    expect((await send(dev, { because: "INC-1042 disk full" })).outcome).toBe("closed"),
  );
  expect(answer).toContain("*SSH to prod-vm-3*: asked. It needs one of @lead-1, @lead-2 by");
});

test("what is chosen changes what is offered and what will happen", async () => {
  await openByCommand(dev);
  await chooseMachine(dev, "prod-vm-1");
  await says(dev, "Needs one of");
  const texts = () => JSON.stringify(formOf(dev)?.raw.blocks);
  expect(texts()).toContain("3 hours");
  await choose(dev, "services", ["ssh", "rdp"]);
  await until("an hour is the longest", () => !texts().includes('"3 hours"'));
  expect(texts()).not.toContain("Office");
  await chooseMachine(dev, "dev-box-1");
  await says(dev, "It opens at once, for 1 hour, and closes by itself.");
  await choose(dev, "length", "typed:");
  await says(dev, "How long, or until when");
  await choose(dev, "typedLength", "2h");
  await says(dev, "It opens at once, for 2 hours");
  await choose(dev, "typedLength", "9h");
  await says(dev, /Not like this:\W+SSH to dev-box-1 is for 8 hours at most\./u);
});

describe("what can't be had", () => {
  test("is said at its fields, all at once, and nothing that was typed is lost", async () => {
    await openDev(dev);
    await choose(dev, "length", "typed:");
    await says(dev, "How long, or until when");
    await choose(dev, "source", "typed:");
    await says(dev, "Address or network");
    const sent = await send(dev, { typedLength: "30", typedSource: "999.1.1.1", because: "disk full" });
    expect(sent.outcome).toBe("errors");
    expect(errorsOf(dev)).toEqual([
      "30 could be minutes or hours. Write 30m or 30h.",
      "999.1.1.1 is neither an address nor a network I know. Write an address like 203.0.113.7, a prefix like 203.0.113.0/24, or a network: office, vpn.",
    ]);
    const again = await send(dev, { typedLength: "30m", typedSource: "203.0.113.7" });
    expect(again.outcome).toBe("errors");
    expect(errorsOf(dev)).toEqual([
      "That justification isn't of the form the policy asks for: it has to match ^(INC|CHG)-[0-9]+.",
    ]);
    const answer = await answered(dev, () => send(dev, { because: "INC-7 disk full" }));
    expect(answer).toContain("*SSH to prod-vm-2*: asked.");
    await until("the card says what was typed", () =>
      slack
        .messages(CHANNELS.access)
        .some(({ text, blocks }) => `${text}${JSON.stringify(blocks)}`.includes("INC-7 disk full")),
    );
  });

  test("is said at the top where it is about no field, and the form stays as it is", async () => {
    await openDev(dev);
    await choose(dev, "source", "office");
    await says(dev, "Needs one of");
    await answered(dev, () => send(dev, { because: "INC-8 one" }));
    await openDev(dev);
    await choose(dev, "source", "office");
    await says(dev, /Not like this:\W+You asked for this already/u);
    expect((await send(dev, { because: "INC-8 two" })).outcome).toBe("updated");
    await says(dev, /^\W*You asked for this already/u);
    expect(JSON.stringify(formOf(dev)?.raw.blocks)).toContain("INC-8 two");
  });

  test("is on record like what is refused to a command", async () => {
    await openDev(otherDev);
    expect((await send(otherDev, { because: "x" })).outcome).toBe("errors");
    const refused = () =>
      stage.bots[0].events.find((event) => event.kind === "request.refused" && event.requester.user === otherDev);
    await until("it is on record", () => refused() !== undefined);
    expect(refused()).toMatchObject({
      text: "/jit ssh prod-vm-2 1h from vpn because x",
      codes: ["justification-mismatch"],
    });
  });
});

describe("who can't ask", () => {
  test.each([
    [outsider, "people from other workspaces"],
    [guest, "guest"],
    [nobody, "There is no machine that you may ask for."],
  ])("%s is told so in the form, and is offered no machine", async (user, text) => {
    await openByCommand(user);
    await says(user, new RegExp(text, "iu"));
    expect(formOf(user)?.raw.source["submit"]).toBeUndefined();
    // Whatever a client still shows, nothing is given away.
    const ack = await slack.sendSigned(
      payload({
        type: "block_suggestion",
        action_id: "form.machine",
        block_id: "form.machine",
        value: "",
        ...from(user),
      }),
    );
    expect(ack).toMatchObject({ outcome: "ok", body: { options: [] } });
  });
});

describe("forged and late", () => {
  test("a form that was opened for somebody else asks for nothing", async () => {
    await openDev(dev);
    const view = formOf(dev)?.raw;
    const before = slack.messages(CHANNELS.access).length;
    const state = { "form.machine": { "form.machine": { type: "external_select", selected_option: { value: "x" } } } };
    const ack = await slack.sendSigned(
      payload({
        type: "view_submission",
        ...from(lead),
        view: { ...view?.source, id: view?.id, state: { values: state } },
      }),
    );
    expect(JSON.stringify(ack.body)).toContain("This form is somebody else's.");
    expect(slack.messages(CHANNELS.access)).toHaveLength(before);
    // Nor does it show anything of it.
    await slack.sendSigned(
      payload({
        type: "block_actions",
        ...from(lead),
        view: { ...view?.source, id: view?.id, state: { values: state } },
        actions: [{ type: "external_select", action_id: "form.machine", block_id: "form.machine" }],
      }),
    );
    expect(formOf(dev)?.raw).toBe(view);
  });

  test("who wasn't shown the form in time is told what to do instead", async () => {
    stage.faults.slack.add({ calls: /^views\.open$/u, does: { kind: "delay", ms: 300 }, times: 1 });
    const answer = await answered(dev, async () => {
      await slack.command({ user: dev, channel: CHANNELS.access, text: "" });
      stage.clock.advance(4_000);
    });
    expect(answer).toMatch(/^Slack didn't open the form in time\. Type `\/jit` again/u);
    expect(formOf(dev)).toBeUndefined();
  });

  test("who is quicker than the form gets the fields of the machine that they chose", async () => {
    await openDev(dev);
    stage.faults.slack.add({ calls: /^views\.update$/u, does: { kind: "drop" } });
    await chooseMachine(dev, "dev-box-1");
    const sent = await send(dev, { because: "INC-9 quick" });
    stage.faults.slack.clear();
    expect(sent.outcome).toBe("updated");
    await says(dev, "It opens at once");
    expect(JSON.stringify(formOf(dev)?.raw.blocks)).toContain("INC-9 quick");
  });

  test("what takes longer than Slack waits is answered in the form and in the channel", async () => {
    await openDev(otherDev);
    stage.faults.slack.add({ calls: /^users\.info$/u, does: { kind: "delay", ms: 1_300 } });
    const answer = await answered(otherDev, async () =>
      expect((await send(otherDev, { because: "INC-10 slow" })).outcome).toBe("updated"),
    );
    expect(answer).toContain("*SSH to prod-vm-2*: asked.");
    await says(otherDev, "asked. It needs");
  });
});

describe("from elsewhere than a command", () => {
  test("the shortcut opens it, and the answer comes directly", async () => {
    await slack.shortcut({ user: dev, callbackId: "access.request" });
    await until("the form is open", () => formOf(dev) !== undefined);
    await chooseMachine(dev, "dev-box-1");
    await says(dev, "It opens at once");
    const before = stage.direct(dev).length;
    expect((await send(dev, { because: "" })).outcome).toBe("closed");
    await until("they are told directly", () => stage.direct(dev).length > before);
    expect(stage.direct(dev)[before]).toMatch(
      /^Where will you connect from\? I need your address for SSH to dev-box-1\./u,
    );
  });

  test("a message's link goes with what they write", async () => {
    const { ts } = slack.say({ user: lead, channel: CHANNELS.access, text: "ALERT: prod-vm-1 is out of disk" });
    await slack.messageShortcut({ user: dev, callbackId: "access.request-for-message", channel: CHANNELS.access, ts });
    await says(dev, /With it goes the link to the message: https:\/\/acme\.slack\.com\/archives/u);
    await chooseMachine(dev, "prod-vm-1");
    await says(dev, "Needs one of");
    await answered(dev, () => send(dev, { because: "INC-11" }));
    const submitted = () => stage.bots[0].events.findLast((event) => event.kind === "request.submitted");
    await until("it was asked", () => submitted()?.machine.name === "prod-vm-1");
    expect(submitted()).toMatchObject({
      justification: `INC-11 https://acme.slack.com/archives/${CHANNELS.access}/p${ts.replace(".", "")}`,
    });
  });

  test("asking again finds it filled in as it was", { timeout: 20_000 }, async () => {
    // The cards of what was asked before are there by then.
    await stage.settled();
    const id = await stage.ask(dev, "rdp prod-vm-3 45m from vpn because INC-12 again");
    // Nobody answers within half an hour.
    stage.clock.advance(31 * 60_000);
    const button = () =>
      slack
        .see(dev)
        .channels.flatMap(({ messages }) => messages)
        .find(({ buttons }) => buttons.some(({ actionId, value }) => actionId === "request.again" && value === id));
    await until("they can ask again", () => button() !== undefined);
    const { channel = "", ts = "" } = button() ?? {};
    await slack.click({ user: dev, channel, ts, actionId: "request.again" });
    await says(dev, "Needs one of @lead-1, @lead-2");
    expect(JSON.stringify(formOf(dev)?.raw.blocks)).toContain("INC-12 again");
    expect((await send(dev, {})).outcome).toBe("closed");
  });
});

test("a machine whose name has 200 characters can be asked for", async () => {
  expect(LONG_NAME.length).toBeGreaterThanOrEqual(200);
  await openByCommand(dev);
  await chooseMachine(dev, "dev-nnnn");
  await says(dev, "It opens at once");
  const answer = await answered(dev, () => send(dev, { because: "INC-13" }));
  expect(answer).toContain(LONG_NAME);
});

const payload = (body: object): string => new URLSearchParams({ payload: JSON.stringify(body) }).toString();
const from = (user: string) => ({
  user: { id: user, name: "x", team_id: "T0ACME" },
  team: { id: "T0ACME", domain: "acme" },
  api_app_id: "A0LATCH",
  token: "t",
});

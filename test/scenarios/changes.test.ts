/** The world isn't the same at the click as it was at the question; and two machines may have one name. */

import { afterAll, describe, expect, test } from "vitest";
import { SECOND } from "../../src/access/time.ts";
import { azureWorld, ec2World, sandboxConfig, slackWorld } from "../../src/sandbox/world.ts";
import { clickInVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";

const { dev, otherDev, lead, otherLead, nobody, formerLead } = PEOPLE;

// Leads are a user group here, `prod-vm-1` is a name in both clouds, and staging's second lead can be switched off.
const stage = await setInsideStage(
  { onTestFinished: afterAll },
  {
    config: sandboxConfig.replace(/leads: .*/u, "leads: { groups: [S0LEAD] }"),
    world: {
      slack: {
        ...slackWorld,
        userGroups: [...slackWorld.userGroups, { id: "S0LEAD", handle: "leads", users: [lead, otherLead, formerLead] }],
      },
      ec2: {
        ...ec2World,
        instances: ec2World.instances.map((each) =>
          each.name === "prod-web-1" ? { ...each, name: "prod-vm-1" } : each,
        ),
      },
    },
  },
);
const { people } = stage.slack;

/** Who is in a group is asked of Slack every ten seconds only. */
const changeGroup = (id: string, users: readonly string[]): void => {
  people.changeGroup(id, { users });
  stage.clock.advance(11 * SECOND);
};

const engineers = slackWorld.userGroups[0]?.users ?? [];
const asking = async (work: (id: string) => Promise<void>): Promise<void> => {
  const id = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
  await stage.settled();
  await work(id);
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);
  await stage.jit(dev, `close ${id}`);
  await stage.settled();
};

test("a group of approvers is called by its name", async () => {
  await asking(async (id) => {
    expect(stage.card(id).text).toMatch(/\nNeeds one of @leads by (?:tomorrow )?\d\d:\d\d · rule \*production\*/u);
  });
});

describe("refused at the click, though it was in order when it was asked", () => {
  test("whoever asked lost the role", async () => {
    await asking(async (id) => {
      changeGroup("S0ENG", [otherDev]);
      expect(await clickInVain(stage, lead, id, "Approve")).toEqual({
        answer:
          "Not any more: whoever asked may no longer ask for this machine. They can ask again when that is settled.",
        codes: ["not-any-more"],
      });
      changeGroup("S0ENG", engineers);
    });
  });

  test.each([
    ["was deactivated", { deleted: true }, { deleted: false }],
    ["became a guest", { is_restricted: true }, { is_restricted: false }],
  ])("whoever asked %s", async (_, change, back) => {
    await asking(async (id) => {
      people.changeUser(dev, change);
      expect(await clickInVain(stage, lead, id, "Approve")).toEqual({
        answer:
          "Not any more: whoever asked is no longer a member of this workspace. They can ask again when that is settled.",
        codes: ["not-any-more"],
      });
      people.changeUser(dev, back);
    });
  });

  test("the approver lost the role", async () => {
    await asking(async (id) => {
      changeGroup("S0LEAD", [otherLead]);
      for (const label of ["Approve", "Deny"]) {
        expect(await clickInVain(stage, lead, id, label)).toEqual({
          answer: "You can't answer this one: it's for *leads* to say.",
          codes: ["not-approver"],
        });
      }
      changeGroup("S0LEAD", [lead, otherLead]);
    });
  });

  test("the approver was deactivated", async () => {
    await asking(async (id) => {
      people.changeUser(lead, { deleted: true });
      const { channel, ts } = stage.card(id, otherLead);
      await stage.slack.click({ user: lead, channel, ts, label: "Approve" });
      await stage.until("it is refused", () => stage.told(id).includes("review.refused"));
      people.changeUser(lead, { deleted: false });
      expect(stage.card(id).text).toContain("Needs one of");
      expect(stage.told(id)).toEqual(["request.submitted", "review.refused"]);
    });
  });

  test("whom the role came to in the meantime may answer", async () => {
    const id = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
    await stage.settled();
    expect((await clickInVain(stage, nobody, id, "Approve")).codes).toEqual(["not-approver"]);
    changeGroup("S0LEAD", [lead, otherLead, nobody]);
    await stage.approve(nobody, id);
    await stage.until("it is open", () => stage.card(id).text.includes("open until"));
    await stage.jit(dev, `close ${id}`);
    changeGroup("S0LEAD", [lead, otherLead]);
    await stage.settled();
  });
});

test("where nobody else could answer, it isn't even asked", async () => {
  changeGroup("S0LEAD", [formerLead]);
  expect(await typeInVain(stage, dev, "ssh prod-vm-3 1h because INC-1")).toEqual({
    answer:
      "Nobody can let you in: prod-vm-3 needs an approval from *leads*, and nobody there but you can give it. Whoever looks after that list can add someone.",
    codes: ["no-approver"],
  });
  changeGroup("S0LEAD", [lead, otherLead]);
});

describe("two machines of one name", () => {
  const azure = azureWorld.subscriptions[0] ?? "";

  test("have to be told apart", async () => {
    expect(await typeInVain(stage, dev, "ssh prod-vm-1 1h because INC-1")).toEqual({
      answer: `Several machines are called \`prod-vm-1\`. Which one: \`prod-vm-1@${azure}\` or \`prod-vm-1@111122223333\`?`,
      codes: ["machine-ambiguous"],
    });
  });

  test.each(["prod-vm-1@111122223333", "i-0prodweb1"])("%s names one of them", async (name) => {
    const id = await stage.ask(dev, `ssh ${name} 1h because INC-1`);
    await stage.approve(lead, id);
    await stage.until("it is open", () => stage.card(id).text.includes("open until"));
    await stage.settled();
    expect(stage.direct(dev).at(-1)).toContain("`ssh you@54.170.1.11`");
    await stage.jit(dev, `close ${id}`);
    await stage.settled();
  });
});

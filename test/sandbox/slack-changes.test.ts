/** The sandbox's Slack tells the app of people and groups that change, and says what profiles hold. */

import { describe, expect, test } from "vitest";
import { startHttpApp, startSlack, startSocketApp, world } from "./slack-fixture.ts";

describe.each([
  ["HTTP", startHttpApp],
  ["Socket Mode", startSocketApp],
] as const)("by %s", (_, start) => {
  const listening = async () => {
    const setup = await startSlack();
    const app = await start(setup.slack);
    const heard: string[] = [];
    const note = (what: string): void => {
      heard.push(what);
      setup.slack.people.changeChannel("C0OLD", {}); // Wakes whoever waits.
    };
    app.event("user_change", async ({ event }) => note(`user ${event.user.id} ${event.user.deleted}`));
    app.event("user_profile_changed", async ({ event }) => note(`profile ${event.user.id}`));
    app.event("subteam_updated", async ({ event }) =>
      note(`group ${event.subteam.id} ${event.subteam.date_delete !== 0}`),
    );
    app.event("subteam_members_changed", async ({ event }) =>
      note(`members ${event.subteam_id} +${event.added_users?.join()} -${event.removed_users?.join()}`),
    );
    return { ...setup, heard };
  };

  test("somebody is deactivated, or another address is theirs", async () => {
    const { slack, heard } = await listening();
    slack.people.changeUser("U0LEAD1", { deleted: true });
    await slack.waitFor(() => heard.length === 1);
    slack.people.changeUser("U0DEV1", { profile: { email: "d@acme.example" } });
    await slack.waitFor(() => heard.length === 3);
    expect(heard[0]).toBe("user U0LEAD1 true");
    expect(heard.slice(1).toSorted()).toEqual(["profile U0DEV1", "user U0DEV1 false"]);
  });

  test("a group gets others, or is disabled", async () => {
    const { slack, heard } = await listening();
    slack.people.changeGroup("S0ENG", { users: ["U0DEV1", "U0LEAD1"] });
    await slack.waitFor(() => heard.length === 2);
    slack.people.changeGroup("S0ENG", { disabled: true });
    await slack.waitFor(() => heard.length === 3);
    expect(heard.slice(0, 2).toSorted()).toEqual(["group S0ENG false", "members S0ENG +U0LEAD1 -U0GONE"]);
    expect(heard[2]).toBe("group S0ENG true");
  });

  test("custom fields change without a word", async () => {
    const { slack, heard } = await listening();
    slack.people.writeProfile("U0DEV1", "Xf0BOSS", "U0LEAD1");
    slack.people.changeUser("U0LEAD1", { deleted: true });
    await slack.waitFor(() => heard.length > 0);
    expect(heard).toEqual(["user U0LEAD1 true"]);
  });
});

test("profiles hold custom fields, and the team says which there are and who may edit them", async () => {
  const { slack, call } = await startSlack({
    world: {
      ...world,
      profileFields: [
        { id: "Xf0BOSS", label: "Manager", type: "user", isProtected: true },
        { id: "Xf0FREE", label: "Likes" },
      ],
    },
  });
  const fields = async (user: string) => (await call("users.profile.get", { user })).body.profile.fields;
  expect(await fields("U0DEV1")).toEqual({});
  slack.people.writeProfile("U0DEV1", "Xf0BOSS", "U0LEAD1");
  slack.people.writeProfile("U0DEV1", "Xf0FREE", "tea");
  slack.people.writeProfile("U0DEV1", "Xf0FREE", undefined);
  expect(await fields("U0DEV1")).toEqual({ Xf0BOSS: { value: "U0LEAD1", alt: "" } });
  expect((await call("users.profile.get", { user: "U0NONE" })).body.error).toBe("user_not_found");
  const { profile } = (await call("users.info", { user: "U0DEV1" })).body.user;
  expect([profile.email, profile.fields]).toEqual(["dana@acme.example", undefined]);

  const defined = (await call("team.profile.get")).body.profile.fields;
  expect(defined).toMatchObject([
    { id: "Xf0BOSS", type: "user", options: { is_protected: true } },
    { id: "Xf0FREE", type: "text", options: null },
  ]);
});

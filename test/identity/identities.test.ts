/** Every way of linking, who goes before whom, and what never links. */

import { webApi } from "@slack/bolt";
import { describe, expect, test } from "vitest";
import {
  type Elsewhere,
  type Identities,
  type LinkedPerson,
  type PersonFacts,
  sameHuman,
} from "../../src/access/person.ts";
import { createIdentities } from "../../src/identity/identities.ts";
import type { IdentitySettings, PersonSettings } from "../../src/identity/identity-settings.ts";
import { createRedisLinks } from "../../src/redis/links.ts";
import { createDirectory } from "../../src/slack/directory.ts";
import { createOwnWorkspace } from "../../src/slack/own-workspace.ts";
import { createProfileFields } from "../../src/slack/profile-fields.ts";
import { anEvent } from "../contracts/samples.ts";
import { useRealRedis } from "../redis/real-redis.ts";
import { BOT_TOKEN, startSlack, world } from "../sandbox/slack-fixture.ts";

const real = useRealRedis();
const DANA = "U0DEV1";
const LEE = "U0LEAD1";
const oid = (digit: number): string => `${digit}1111111-2222-3333-4444-555555555555`;
const arn = (name: string, account = "111122223333"): string => `arn:aws:iam::${account}:user/${name}`;
const ISSUER = "https://login.acme.example";
const NOBODY: Identities = { entra: undefined, aws: [], known: [] };

const setup = async (changed: Partial<IdentitySettings>) => {
  const slackSetup = await startSlack({
    world: {
      ...world,
      users: [
        ...world.users,
        { id: "U0GUEST2", name: "gia", is_restricted: true, profile: { email: "dana@acme.example" } },
      ],
      profileFields: [
        { id: "Xf0ENTRA", label: "Entra", isProtected: true },
        { id: "Xf0AWS", label: "AWS", isProtected: true },
        { id: "Xf0FREE", label: "Anything" },
      ],
    },
  });
  const { slack, clock } = slackSetup;
  const settings: IdentitySettings = {
    people: new Map(),
    profileFields: {},
    signIn: undefined,
    byEmail: new Map(),
    ...changed,
  };
  const client = new webApi.WebClient(BOT_TOKEN, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } });
  const told: string[] = [];
  const profile = createProfileFields({ client, clock, distrusted: (field, why) => told.push(`${field} ${why}`) });
  const links = createRedisLinks(real.redis(), real.freshPrefix(), { clock });
  const directory = createDirectory({
    client,
    clock,
    home: createOwnWorkspace(client),
    profile,
    identities: createIdentities({ settings: () => settings, profile, links }),
  });
  const factsOf = async (user: string): Promise<PersonFacts> => {
    const facts = await directory.lookUp(user);
    if (facts === undefined) throw new Error(`nobody is ${user}`);
    return facts;
  };
  const link = async (user: string, identities: Elsewhere): Promise<void> => {
    const { person } = await factsOf(user);
    await links.add(
      { person, issuer: ISSUER, subject: `subject of ${user}`, identities, at: clock.now() },
      anEvent(`link of ${user}`),
    );
  };
  const identitiesOf = async (user: string): Promise<Identities> => directory.identities(await factsOf(user));
  const linked = async (user: string): Promise<LinkedPerson> => ({
    person: (await factsOf(user)).person,
    identities: await identitiesOf(user),
  });
  const areOne = async (a: string, b: string): Promise<boolean> => sameHuman(await linked(a), await linked(b));
  return { ...slackSetup, directory, factsOf, link, identitiesOf, areOne, told };
};

const everyWay: Partial<IdentitySettings> = {
  people: new Map([[DANA, { aws: [arn("by-config")] }]]),
  profileFields: { entra: "Xf0ENTRA", aws: "Xf0AWS" },
  signIn: { issuer: ISSUER, clientId: "latch", claims: { entra: "oid", aws: "arn" } },
  byEmail: new Map([["dana@acme.example", { entra: oid(4), aws: [arn("by-email", "999999999999")] }]]),
};

describe("who goes before whom", () => {
  test("nobody is anybody where nothing is configured", async () => {
    const { identitiesOf, slack } = await setup({});
    slack.people.writeProfile(DANA, "Xf0ENTRA", oid(1));
    expect(await identitiesOf(DANA)).toEqual(NOBODY);
  });

  test("for each place the first that says something: configuration, profile, sign-in, address", async () => {
    const { identitiesOf, slack, link, clock } = await setup(everyWay);
    expect(await identitiesOf(DANA)).toMatchObject({
      entra: oid(4),
      aws: [arn("by-config"), arn("by-email", "999999999999")],
    });
    await link(DANA, { entra: oid(3), aws: [arn("by-sign-in"), arn("by-sign-in", "222222222222")] });
    expect(await identitiesOf(DANA)).toMatchObject({
      entra: oid(3),
      aws: [arn("by-config"), arn("by-sign-in", "222222222222"), arn("by-email", "999999999999")],
    });
    slack.people.writeProfile(DANA, "Xf0ENTRA", oid(2).toUpperCase());
    slack.people.writeProfile(DANA, "Xf0AWS", `${arn("by-profile")} ${arn("by-profile", "222222222222")}`);
    clock.advance(10_000);
    expect(await identitiesOf(DANA)).toMatchObject({
      entra: oid(2),
      aws: [arn("by-config"), arn("by-profile", "222222222222"), arn("by-email", "999999999999")],
    });
  });

  test("a profile that changed counts at the next act", async () => {
    const { identitiesOf, slack, directory } = await setup({ profileFields: { entra: "Xf0ENTRA" } });
    slack.people.writeProfile(DANA, "Xf0ENTRA", oid(1));
    expect((await identitiesOf(DANA)).entra).toBe(oid(1));
    slack.people.writeProfile(DANA, "Xf0ENTRA", undefined);
    directory.startAnew();
    expect(await identitiesOf(DANA)).toEqual(NOBODY);
  });
});

describe("what never links", () => {
  test("an e-mail address alone", async () => {
    const { identitiesOf, factsOf } = await setup({ people: new Map([["U0OTHER", { entra: oid(1), aws: [] }]]) });
    expect((await factsOf(DANA)).email).toBe("dana@acme.example");
    expect(await identitiesOf(DANA)).toEqual(NOBODY);
  });

  test("an address that isn't confirmed, or of a guest, even where the configuration takes the risk", async () => {
    const { identitiesOf, slack, directory } = await setup({ byEmail: everyWay.byEmail ?? new Map() });
    expect((await identitiesOf(DANA)).entra).toBe(oid(4));
    expect(await identitiesOf("U0GUEST2")).toEqual(NOBODY);
    slack.people.changeUser(DANA, { is_email_confirmed: false });
    directory.startAnew();
    expect(await identitiesOf(DANA)).toEqual(NOBODY);
  });

  test("a profile field that members can edit; operators are told once", async () => {
    const { identitiesOf, slack, told } = await setup({ profileFields: { entra: "Xf0FREE" } });
    slack.people.writeProfile(DANA, "Xf0FREE", oid(1));
    expect(await identitiesOf(DANA)).toEqual(NOBODY);
    expect(await identitiesOf(LEE)).toEqual(NOBODY);
    expect(told).toEqual(["Xf0FREE members-can-edit-it"]);
  });

  test("a field that members may edit from now on", async () => {
    const { identitiesOf, slack, clock } = await setup({ profileFields: { entra: "Xf0ENTRA" } });
    slack.people.writeProfile(DANA, "Xf0ENTRA", oid(1));
    expect((await identitiesOf(DANA)).entra).toBe(oid(1));
    slack.people.changeProfileField("Xf0ENTRA", { isProtected: false });
    clock.advance(10_000);
    expect(await identitiesOf(DANA)).toEqual(NOBODY);
  });

  test("what isn't well formed", async () => {
    const { identitiesOf, slack } = await setup({
      people: new Map([[LEE, { entra: "lee", aws: ["lee", "arn:aws:iam::111122223333:root"] }]]),
      profileFields: { entra: "Xf0ENTRA", aws: "Xf0AWS" },
    });
    slack.people.writeProfile(DANA, "Xf0ENTRA", `<https://evil.example|${oid(1)}>`);
    slack.people.writeProfile(DANA, "Xf0AWS", "dana");
    expect([await identitiesOf(DANA), await identitiesOf(LEE)]).toEqual([NOBODY, NOBODY]);
  });
});

describe("when it can't be known", () => {
  test.each(["users.profile.get", "team.profile.get"])("%s fails: a fault, whatever else is known", async (method) => {
    const { identitiesOf, faults } = await setup(everyWay);
    faults.add({ calls: new RegExp(method.replaceAll(".", "\\."), "u"), does: { kind: "drop" } });
    await expect(identitiesOf(DANA)).rejects.toMatchObject({ name: "Fault", code: "slack" });
  });

  test("memory away: a fault, whatever else is known", async () => {
    const { factsOf } = await setup(everyWay);
    const away = { linkOf: async () => Promise.reject(new Error("redis is away")), formerOf: async () => [] };
    const settings = everyWay as IdentitySettings;
    const identities = createIdentities({
      settings: () => settings,
      profile: { read: async () => undefined },
      links: away,
    });
    await expect(identities(await factsOf(DANA))).rejects.toThrow("redis is away");
  });
});

describe("two accounts are one human's", () => {
  const people = (entries: Readonly<Record<string, Partial<PersonSettings>>>) => ({
    people: new Map(Object.entries(entries).map(([user, person]) => [user, { aws: [], ...person }])),
  });
  const signIn = everyWay.signIn;

  test("with one identity, and each is still who they are", async () => {
    const { identitiesOf, areOne } = await setup(
      people({ [DANA]: { entra: oid(1) }, [LEE]: { entra: oid(1).toUpperCase() } }),
    );
    expect(await identitiesOf(DANA)).toMatchObject({ entra: oid(1), aws: [] });
    expect(await identitiesOf(LEE)).toEqual(await identitiesOf(DANA));
    expect(await areOne(DANA, LEE)).toBe(true);
  });

  test("also by what something else goes before", async () => {
    const { identitiesOf, areOne, link } = await setup({
      ...people({ [DANA]: { entra: oid(1) }, [LEE]: { entra: oid(2) } }),
      signIn,
    });
    expect(await areOne(DANA, LEE)).toBe(false);
    await link(DANA, { entra: oid(2), aws: [] });
    expect((await identitiesOf(DANA)).entra).toBe(oid(1));
    expect(await areOne(DANA, LEE)).toBe(true);
  });

  test("also by a second IAM user of an account, in other letters", async () => {
    const { areOne, slack } = await setup({
      ...people({ [LEE]: { aws: [arn("dana.d")] } }),
      profileFields: { aws: "Xf0AWS" },
    });
    slack.people.writeProfile(DANA, "Xf0AWS", `${arn("dana")}, ${arn("Dana.D")}`);
    expect(await areOne(DANA, LEE)).toBe(true);
  });

  test("also by way of others whom the configuration lists", async () => {
    const { areOne, link } = await setup({
      ...people({
        U0OTHER: { aws: [arn("other")], pagerduty: "P1" },
        U0THIRD: { entra: oid(1), aws: [arn("third"), arn("other", "999999999999")] },
        U0FOURTH: { aws: [arn("other", "999999999999")], pagerduty: "P1" },
        [LEE]: { aws: [arn("OTHER")] },
      }),
      signIn,
    });
    expect(await areOne(DANA, LEE)).toBe(false);
    await link(DANA, { entra: oid(1), aws: [] });
    expect(await areOne(DANA, LEE)).toBe(true);
  });

  test.each(["pagerduty", "opsgenie"] as const)("who are one person of %s", async (service) => {
    const { areOne } = await setup(
      people({ [DANA]: { [service]: "P1" }, [LEE]: { [service]: "P1" }, U0GUEST2: { [service]: "P2" } }),
    );
    expect(await areOne(DANA, LEE)).toBe(true);
    expect(await areOne(DANA, "U0GUEST2")).toBe(false);
  });

  test("but not because they share a role, or an id in different services", async () => {
    const role = "arn:aws:iam::111122223333:role/ops";
    const { areOne } = await setup(
      people({ [DANA]: { aws: [role], pagerduty: "P1" }, [LEE]: { aws: [role], opsgenie: "P1" } }),
    );
    expect(await areOne(DANA, LEE)).toBe(false);
  });
});

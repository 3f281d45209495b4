/** From Slack's signed requests to a private answer and the audit log, as Bolt hands them on. */

import { expect, test } from "vitest";
import { NOBODY_ELSEWHERE } from "../../src/access/person.ts";
import { refuse } from "../../src/access/refusal.ts";
import { HOUR, later } from "../../src/access/time.ts";
import type { Linking } from "../../src/identity/linking.ts";
import { createAnswers } from "../../src/slack/answer.ts";
import { drawn } from "../../src/slack/blocks.ts";
import { drawCard } from "../../src/slack/card/card.ts";
import { listenForButtons } from "../../src/slack/listen-buttons.ts";
import { listenForCommands } from "../../src/slack/listen-commands.ts";
import { createListAbilities } from "../../src/workflow/list-abilities.ts";
import { createListMachines } from "../../src/workflow/list-machines.ts";
import { createUnlinkAnother } from "../../src/workflow/unlink-another.ts";
import { createWhoHas } from "../../src/workflow/who-has.ts";
import { NOW } from "../contracts/samples.ts";
import { aPolicy, aRule, everyMachine } from "../policy/example-rule.ts";
import { startHttpApp, startSlack } from "../sandbox/slack-fixture.ts";
import { createOffice, DEV, LEAD } from "../workflow/office.ts";

const ACCESS = "C0ACCESS";

const createDesk = async () => {
  const office = await createOffice({
    breakGlass: { by: ["engineers"], maximumMs: HOUR, tell: { roles: ["leads"], channels: [] } },
  });
  const { slack } = await startSlack();
  const app = await startHttpApp(slack);
  const { clock } = office;
  const zone = () => "utc";
  const log = () => undefined;
  const answers = createAnswers({ ...office, zone, offersLinking: () => true, log });
  const linked = new Set([DEV, LEAD]);
  const linking: Linking = {
    begin: async () => refuse("linking-not-offered", {}),
    finish: async () => refuse("link-code-unknown", {}),
    unlink: async (user, by) => {
      const person = { team: "T0ACME", user };
      if (!linked.delete(user)) return refuse("not-linked", by === undefined ? {} : { user });
      return { person, issuer: "i", subject: "s", identities: NOBODY_ELSEWHERE, at: clock.now() };
    },
  };
  listenForButtons(app, { ...office, client: app.client, answers, log });
  listenForCommands(app, {
    ...office,
    openForm: async () => undefined,
    hasAddressPage: false,
    listMachines: createListMachines(office.deps),
    listAbilities: createListAbilities({ ...office.deps, auditRoles: () => [] }),
    whoHas: createWhoHas(office.deps),
    listPosture: async () => refuse("policy-unreadable", {}),
    answerLockdown: async () => drawn("not here"),
    answerExtend: async () => drawn("not here"),
    addressAnswers: { whereFor: async () => drawn("not here"), moved: async () => drawn("not here") },
    answerAudit: async () => refuse("policy-unreadable", {}),
    unprotectMachine: office.unprotect,
    linking,
    unlinkAnother: createUnlinkAnother({
      ...office.deps,
      securityRoles: () => ["leads"],
      unlink: linking.unlink,
    }),
    answers,
    zone,
  });
  /** What only this person is told next. */
  const answerTo = async (user: string, act: () => Promise<unknown>): Promise<string> => {
    const privately = () => slack.messages(ACCESS).filter(({ onlyFor }) => onlyFor === user);
    const before = privately().length;
    await act();
    return (await slack.waitFor(() => privately()[before])).text;
  };
  const jit = (user: string, text: string) => answerTo(user, () => slack.command({ user, channel: ACCESS, text }));
  return { ...office, slack, app, linked, answerTo, jit };
};

test("who used a break-glass presses Reviewed: told why not, and on record once, as a review", async () => {
  const { submit, slack, app, answerTo, eventsOf, clock } = await createDesk();
  const request = await submit({ breakGlass: true, end: "1h" });
  const card = drawCard({ request, grant: undefined, now: clock.now(), zone: "utc" });
  const { ts } = await app.client.chat.postMessage({
    channel: ACCESS,
    text: "",
    ...card,
    blocks: [...(card?.blocks ?? [])],
  });
  const press = (user: string) =>
    answerTo(user, () => slack.click({ user, channel: ACCESS, ts: String(ts), label: "Reviewed" }));

  expect(await press(DEV)).toMatch(/^You used it, so somebody else has to review it\./u);
  expect([...eventsOf("review.refused"), ...eventsOf("request.refused")]).toMatchObject([
    { kind: "review.refused", verdict: "reviewed", code: "own-break-glass", reviewer: { user: DEV } },
  ]);
  expect(await press(LEAD)).toContain("reviewed. The card says so.");
});

test("security takes back another's link by a mention or an id, and nobody else does", async () => {
  const { jit, linked, eventsOf } = await createDesk();
  expect(await jit(DEV, "unlink <@U0LEAD1|lee>")).toContain("another's is for *leads* to take back");
  expect(eventsOf("request.refused")).toMatchObject([{ text: "unlink U0LEAD1", codes: ["not-security"] }]);
  expect(await jit(LEAD, "unlink <@U0DEV1|dana>")).toMatch(/^<@U0DEV1> is no longer linked to /u);
  expect(await jit(LEAD, "unlink U0DEV1")).toMatch(/^<@U0DEV1> linked nothing/u);
  expect([...linked]).toEqual([LEAD]);
  expect(await jit(LEAD, `unlink @${LEAD}`)).toMatch(/^You are no longer linked/u);
});

test("a machine that many freezes and deny rules are about is answered about all the same", async () => {
  const { jit, setPolicy } = await createDesk();
  const [fromAt, untilAt] = [NOW, later(NOW, HOUR)];
  const numbered = <T>(count: number, make: (name: string) => T): readonly T[] =>
    Array.from({ length: count }, (_, i) => make(`${i} ${"n".repeat(90)}`));
  setPolicy({
    ...aPolicy(aRule()),
    freezes: numbered(80, (name) => ({ name, fromAt, untilAt, match: everyMachine, except: [] })),
  });
  expect(await jit(DEV, "ssh prod-vm-3 2h because INC-1")).toContain("more reasons");
  expect(await jit(DEV, "why prod-vm-3")).toBe("You may not ask for prod-vm-3.");
  setPolicy({
    ...aPolicy(aRule()),
    denials: numbered(25, (name) => ({ name, people: [], match: everyMachine, ports: [], because: "w".repeat(1_500) })),
  });
  expect(await jit(DEV, "ssh prod-vm-3 2h because INC-1")).toMatch(/^The deny rule \*0 n+\* keeps you from prod-vm-3/u);
  expect(await jit(DEV, "why prod-vm-3")).toBe("You may not ask for prod-vm-3.");
});

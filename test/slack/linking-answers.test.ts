import { expect, test } from "vitest";
import type { Elsewhere } from "../../src/access/person.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import type { Audience } from "../../src/notices/notice.ts";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import type { Drawn } from "../../src/slack/blocks.ts";
import { drawLinkBegun, drawLinked, drawUnlinked, drawUnlinkedOther } from "../../src/slack/linking-answers.ts";
import { drawMessage } from "../../src/slack/messages.ts";
import { DEV, LEAD, NOW } from "../contracts/samples.ts";

const identities: Elsewhere = {
  entra: "11111111-2222-3333-4444-555555555555",
  aws: ["arn:aws:iam::111122223333:user/dev1"],
};
const NAMED = "Entra ID `11111111-2222-3333-4444-555555555555` and AWS `arn:aws:iam::111122223333:user/dev1`";
const base = { id: "e", at: NOW, actor: { kind: "person", person: DEV }, person: DEV } as const;
const link = { ...base, issuer: "https://login.example/v2.0", subject: "s", identities };

const shown = ({ blocks }: Drawn): string => {
  expect(checkBlocks(blocks, "/blocks", "message")).toEqual([]);
  return blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n");
};
const said = (event: AuditEvent, to: Audience): string => {
  const drawn = drawMessage({ kind: "message", event, to }, { now: NOW, zone: "utc" });
  if (drawn === undefined) throw new Error("nothing said");
  return shown(drawn);
};

test("who begins to link is given the address, and told what to do with the code and what not", () => {
  const text = shown(drawLinkBegun("https://latch.example/link/abc?a=1&b=<x>|y"));
  expect(text).toContain("<https://latch.example/link/abc?a=1&amp;b=&lt;x&gt;%7Cy>");
  expect(text).toContain("type `/jit link` and that code");
  expect(text).toContain("Tell the code to nobody else");
});

test("who linked or took it back reads as whom", () => {
  expect(shown(drawLinked({ identities }))).toBe(`You are linked to ${NAMED}.\n\`/jit unlink\` takes it back.`);
  expect(shown(drawUnlinked(identities))).toContain(`You are no longer linked to ${NAMED}.`);
  expect(shown(drawLinked({ identities: { entra: undefined, aws: [] } }))).toContain("linked to no account");
});

test("where something goes before the link, that is said to whoever hears of the link", () => {
  const outranked = { entra: undefined, aws: ["arn:aws:iam::111122223333:user/other"] };
  const before = (whom: string): string =>
    `I go on asking about AWS \`arn:aws:iam::111122223333:user/other\`: what administrators wrote for ${whom} goes before a sign-in.`;
  expect(shown(drawLinked({ identities, outranked }))).toContain(before("you"));
  const event = { ...link, kind: "identity.linked", outranked } as const;
  expect(said(event, "person")).toContain(before("you"));
  expect(said(event, "security")).toContain(before("them"));
});

test("the person hears of it, and what to do if it wasn't them", () => {
  expect(said({ ...link, kind: "identity.linked" }, "person")).toBe(
    [
      `Your account is now linked to ${NAMED}.`,
      "Signed in at `https://login.example/v2.0`.",
      "If that wasn't you, type `/jit unlink` and tell security.",
    ].join("\n"),
  );
  expect(said({ ...link, kind: "identity.unlinked" }, "person")).toBe(
    `Your account is no longer linked to ${NAMED}.\nIf that wasn't you, tell security.`,
  );
});

test("whose link security took back reads by whom, and what to do; so does security", () => {
  const event = { ...link, kind: "identity.unlinked", actor: { kind: "person", person: LEAD } } as const;
  expect(said(event, "person")).toBe(
    `Your account is no longer linked to ${NAMED}.\n<@U0LEAD1> took it back, for security. If that account is yours, \`/jit link\` links it again.`,
  );
  expect(said(event, "security")).toBe(`<@U0DEV1> is no longer linked to ${NAMED}.\n<@U0LEAD1> took it back.`);
  expect(said({ ...link, kind: "identity.unlinked" }, "security")).toBe(`<@U0DEV1> is no longer linked to ${NAMED}.`);
  expect(shown(drawUnlinkedOther("U0DEV1", identities))).toBe(
    `<@U0DEV1> is no longer linked to ${NAMED}.\nI tell them that you took it back.`,
  );
});

test("security hears of it by name, and of who tried to take another's account", () => {
  expect(said({ ...link, kind: "identity.linked" }, "security")).toContain(`<@U0DEV1> is now linked to ${NAMED}.`);
  expect(said({ ...base, kind: "identity.refused", because: "identity-taken" }, "security")).toMatch(
    /^<@U0DEV1> tried to link an account that is linked to somebody else already\.\nNothing was linked\./u,
  );
});

import { describe, expect, test } from "vitest";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { drawHelp } from "../../src/slack/help-text.ts";
import type { Abilities } from "../../src/workflow/list-abilities.ts";

const ALL = { linking: true, addressPage: true };
const NOBODY: Abilities = {
  example: undefined,
  answers: false,
  breaksGlass: false,
  configures: false,
  looksAfterAll: false,
  audits: false,
};

const help = (abilities: Abilities | undefined, offers = ALL): string => {
  const drawn = drawHelp(abilities, offers);
  expect(checkBlocks(drawn.blocks, "/blocks", "message")).toEqual([]);
  return drawn.blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n");
};

describe("help", () => {
  test("names everything that somebody can type to have access, keep it and give it back", () => {
    const said = help(undefined);
    for (const typed of [
      "`/jit` — a form",
      "/jit ssh prod-vm-3 2h",
      "`from me`",
      "/jit list",
      "/jit machines",
      "/jit who prod-vm-3",
      "/jit why prod-vm-3",
      "/jit extend <id> 1h",
      "/jit moved <id>",
      "/jit close <id>",
      "/jit audit 7d",
      "/jit link",
    ])
      expect(said).toContain(typed.replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
  });

  test("names a lockdown only to who may lock down", () => {
    for (const abilities of [undefined, NOBODY, { ...NOBODY, answers: true, configures: true, audits: true }])
      expect(help(abilities)).not.toContain("lockdown");
    expect(help({ ...NOBODY, looksAfterAll: true })).toContain("/jit lockdown lift");
  });

  test("names who and why to everybody who may look at machines, also where they may ask for none", () => {
    const [who, why] = ["/jit who &lt;machine&gt;", "/jit why &lt;machine&gt;"];
    for (const ability of ["looksAfterAll", "configures"]) {
      expect(help({ ...NOBODY, [ability]: true })).toContain(who);
      expect(help({ ...NOBODY, [ability]: true })).toContain(why);
    }
    expect(help({ ...NOBODY, answers: true })).toContain(who);
    for (const abilities of [NOBODY, { ...NOBODY, answers: true }]) expect(help(abilities)).not.toContain(why);
    expect(help(NOBODY)).not.toContain(who);
  });

  test("names no page where there is none, and no link", () => {
    const said = help(undefined, { linking: false, addressPage: false });
    for (const typed of ["from me", "/jit moved", "/jit link"]) expect(said).not.toContain(typed);
  });
});

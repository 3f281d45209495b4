import { CreateTagsCommand, DeleteTagsCommand, type Tag } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { codeOf, type Ec2Setup, setupEc2 } from "../ec2-world.ts";

let it: Ec2Setup;
beforeEach(async () => {
  it = await setupEc2();
});
afterEach(() => it.end());

const tags = (count: number, value = "v"): Tag[] =>
  Array.from({ length: count }, (_, i) => ({ Key: `k${i}`, Value: value }));

describe("tags", () => {
  const put = (Tags: Tag[], ...Resources: string[]) =>
    codeOf(it.ec2.send(new CreateTagsCommand({ Resources: [...Resources], Tags })));
  const take = (Resources: string[], Tags?: Tag[]) =>
    codeOf(it.ec2.send(new DeleteTagsCommand({ Resources, ...(Tags === undefined ? {} : { Tags }) })));
  const ruleTags = (id: string) =>
    it.server
      .state()
      .groups.get("sg-web")
      ?.rules.find((rule) => rule.id === id)?.tags;
  const groupTags = () => it.server.state().groups.get("sg-web")?.tags;

  test("go on groups and rules together, fifty of the user's on each, AWS's own not counted", async () => {
    const id = it.server.state().groups.get("sg-web")?.rules[0]?.id ?? "";
    it.server.editAsSomeoneElse((editor) => editor.setGroupTags("sg-web", { "aws:cloudformation:stack-name": "web" }));
    expect(await put(tags(51), "sg-web", id)).toBe("TagLimitExceeded");
    expect([ruleTags(id), Object.keys(groupTags() ?? {})]).toEqual([{}, ["aws:cloudformation:stack-name"]]);
    expect(await put(tags(50), "sg-web", id)).toBe("none");
    expect(await put([{ Key: "one more", Value: "" }], "sg-web")).toBe("TagLimitExceeded");
    expect(await put(tags(50, "changed"), "sg-web")).toBe("none");
    expect(groupTags()?.["k49"]).toBe("changed");
  });

  test.each<[string, Tag]>([
    ["none", { Key: "k".repeat(128), Value: "v".repeat(256) }],
    ["none", { Key: "ключ:/=+-@_.", Value: "it's “any” character & <more>, 日本 🙂" }],
    ["none", { Key: "empty", Value: "" }],
    ["InvalidParameterValue", { Key: "k".repeat(129), Value: "v" }],
    ["InvalidParameterValue", { Key: "k", Value: "v".repeat(257) }],
    ["InvalidParameterValue", { Key: "aws:mine", Value: "v" }],
    ["InvalidParameterValue", { Key: "AWS:mine", Value: "v" }],
    ["InvalidParameterValue", { Key: "k", Value: "\u0000" }],
    ["MissingParameter", { Key: "", Value: "v" }],
  ])("answer %s to %j", async (code, tag) => {
    expect(await put([tag], "sg-web")).toBe(code);
    expect(groupTags()).toEqual(code === "none" ? { [tag.Key ?? ""]: tag.Value } : {});
  });

  test("may be held to the characters that every service takes", async () => {
    const strict = await setupEc2({ tagCharacters: "every-service" });
    const tag = (Value: string) =>
      codeOf(strict.ec2.send(new CreateTagsCommand({ Resources: ["sg-web"], Tags: [{ Key: "k", Value }] })));
    expect([await tag("Ünï 1 +-=._:/@"), await tag("a,b"), await tag("{}")]).toEqual([
      "none",
      "InvalidParameterValue",
      "InvalidParameterValue",
    ]);
    await strict.end();
  });

  test("of AWS can't be taken off, also not by taking all", async () => {
    const held = { "aws:autoscaling:groupName": "web", mine: "x", other: "" };
    it.server.editAsSomeoneElse((editor) => editor.setGroupTags("sg-web", held));
    expect(await take(["sg-web"], [{ Key: "aws:autoscaling:groupName" }])).toBe("InvalidParameterValue");
    expect(await take(["sg-web"], [{ Key: "mine", Value: "" }])).toBe("none");
    expect(groupTags()).toEqual(held);
    expect(await take(["sg-web"], [{ Key: "other", Value: "" }])).toBe("none");
    expect(await take(["sg-web"])).toBe("none");
    expect(groupTags()).toEqual({ "aws:autoscaling:groupName": "web" });
  });
});

import type { InputBlock } from "@slack/types";
import { describe, expect, test } from "vitest";
import { refuse } from "../../../src/access/refusal.ts";
import { HOUR, later } from "../../../src/access/time.ts";
import type { AccessRequest } from "../../../src/grants/request.ts";
import { checkView } from "../../../src/sandbox/slack/block-kit/views.ts";
import { fieldOf, lessIn, lessModal } from "../../../src/slack/reviewing/approve-less.ts";
import { drawNarrowed, narrowedLines } from "../../../src/slack/reviewing/less-words.ts";
import { aRequest, LEAD, NOW } from "../../contracts/samples.ts";

const tcp = (port: number) => ({ port, protocol: "tcp" }) as const;
const modal = (changes: Partial<AccessRequest> = {}) => {
  const view = lessModal(aRequest(changes), NOW);
  expect(checkView(view, "modal")).toEqual([]);
  return view;
};
const inputs = (changes: Partial<AccessRequest> = {}) =>
  modal(changes).blocks.flatMap((block) => (block.type === "input" ? [block as InputBlock] : []));

describe("the form for giving less", () => {
  test("says what was asked, and carries the request's id alone", () => {
    const view = modal({ ports: [tcp(22), tcp(8443)] });
    expect(view.private_metadata).toBe("k7f3q2xd");
    const [end, ports, from] = inputs({ ports: [tcp(22), tcp(8443)] });
    expect(end?.hint?.text).toContain("Asked: 2 hours.");
    expect(from?.hint?.text).toContain("Asked: 203.0.113.7.");
    expect(ports?.element).toMatchObject({
      type: "checkboxes",
      initial_options: [{ text: { text: "22 (SSH)" } }, { text: { text: "8443" }, value: "8443/tcp" }],
    });
  });

  test("offers no choice of one port", () => {
    expect(inputs().map(({ block_id }) => block_id)).toEqual(["end", "from"]);
  });

  test("is something that Slack takes, however much is in it", () => {
    const ports = Array.from({ length: 300 }, (_, at) => tcp(8_000 + at));
    const much = {
      machine: { ...aRequest().machine, name: "<!channel>*&".repeat(40) },
      services: ports.map(({ port }) => String(port)),
      sources: Array.from({ length: 500 }, (_, at) => `2001:db8:${at}::/48` as never),
    };
    expect(inputs({ ...much, ports: ports.slice(0, 11) })[1]?.element.type).toBe("multi_static_select");
    modal({ ...much, ports: ports.slice(0, 100) });
    expect(inputs({ ...much, ports })).toHaveLength(2);
  });

  test("is read as it was filled in; what was left empty stays as it was asked", () => {
    expect(lessIn({ end: { end: { value: null } }, from: { from: { value: " " } } })).toEqual({});
    expect(
      lessIn({
        end: { end: { value: " 30m " } },
        ports: { ports: { selected_options: [{ value: "22/tcp" }] } },
        from: { from: { value: "203.0.113.7, office;2001:db8::1" } },
      }),
    ).toEqual({ end: "30m", ports: ["22/tcp"], from: ["203.0.113.7", "office", "2001:db8::1"] });
  });

  test.each([
    [refuse("duration-unreadable", { text: "", problem: "zero" }), "end"],
    [refuse("wider-than-asked", { what: "length" }), "end"],
    [refuse("wider-than-asked", { what: "ports" }), "ports"],
    [refuse("wider-than-asked", { what: "source", source: "" }), "from"],
    [refuse("source-impossible", { text: "" }), "from"],
    [refuse("not-approver", { roles: [] }), undefined],
  ] as const)("%o belongs to the field %s", (refusal, field) => {
    expect(fieldOf(refusal)).toBe(field);
  });
});

describe("what was given instead", () => {
  const before = {
    by: LEAD,
    at: NOW,
    services: ["ssh", "rdp"],
    ports: [tcp(22), tcp(3389)],
    sources: ["203.0.113.0/24" as never],
    end: { kind: "for", durationMs: HOUR },
  } as const;

  test("is said beside what was asked", () => {
    const all = aRequest({ services: ["ssh"], narrowed: before, end: { kind: "until", at: later(NOW, HOUR) } });
    expect(narrowedLines(all, NOW, "utc").join("")).toMatch(
      /^<@U0LEAD1> gave less than was asked: \*until <!date.*>\* instead of 1 hour; \*SSH\* instead of SSH and RDP; from \*203\.0\.113\.7\* instead of 203\.0\.113\.0\/24\.$/u,
    );
    expect(narrowedLines(aRequest(), NOW, "utc")).toEqual([]);
  });

  test("names what changed and nothing else", () => {
    const shorter = { ...before, ports: [tcp(22)], sources: aRequest().sources };
    expect(narrowedLines(aRequest({ narrowed: shorter }), NOW, "utc")).toEqual([
      "<@U0LEAD1> gave less than was asked: *2 hours* instead of 1 hour.",
    ]);
  });

  test("is told to whoever asked", () => {
    const { id, answerBy: _, ...facts } = aRequest();
    const { text, blocks } = drawNarrowed({
      ...facts,
      id: "1",
      kind: "request.narrowed",
      at: NOW,
      actor: { kind: "person", person: LEAD },
      requestId: id,
      durationMs: HOUR,
      before: { ...before, durationMs: (2 * HOUR) as never },
    });
    expect(text).toBe("SSH to prod-vm-3: <@U0LEAD1> gives you less than you asked.");
    expect(JSON.stringify(blocks)).toContain("*1 hour* instead of 2 hours; *SSH* instead of SSH and RDP;");
  });
});

/** The modal in which an approver gives less than was asked: shorter, fewer ports, from a narrower source. */

import type { InputBlock, KnownBlock, ModalView, PlainTextOption } from "@slack/types";
import { lengthOf, showDuration } from "../../access/duration.ts";
import { type Port, portKey } from "../../access/port.ts";
import type { Refusal } from "../../access/refusal.ts";
import { showCidr } from "../../access/source.ts";
import type { EpochMs } from "../../access/time.ts";
import type { AccessRequest } from "../../grants/request.ts";
import type { Less } from "../../workflow/narrow.ts";
import { cut, type Drawn, lines } from "../blocks.ts";
import { few } from "../lists.ts";
import { mention } from "../mrkdwn.ts";
import { boldTitle, servicesTitle } from "../title.ts";

export const LESS_MODAL = "request.approve-less";

export const LESS_FIELDS = { end: "end", ports: "ports", from: "from" } as const;
export type LessField = keyof typeof LESS_FIELDS;

/** It carries the request's id and nothing else: whatever comes back is checked against what is stored. */
export const lessModal = (request: AccessRequest, now: EpochMs): ModalView => ({
  type: "modal",
  callback_id: LESS_MODAL,
  private_metadata: request.id,
  title: { type: "plain_text", text: "Approve less" },
  submit: { type: "plain_text", text: "Approve" },
  close: { type: "plain_text", text: "Cancel" },
  blocks: [
    ...lines([
      `${boldTitle(request)} for ${mention(request.requester.user)}`,
      "What you leave as it is stays as it was asked.",
    ]),
    {
      type: "input",
      block_id: LESS_FIELDS.end,
      optional: true,
      label: { type: "plain_text", text: "Shorter" },
      hint: hint(
        `Asked: ${showDuration(lengthOf(request.end, now))}. Write 30m, 1h30m or until 18:00; leave it empty to keep that.`,
      ),
      element: { type: "plain_text_input", action_id: LESS_FIELDS.end, max_length: 40 },
    },
    ...portsInput(request),
    {
      type: "input",
      block_id: LESS_FIELDS.from,
      optional: true,
      label: { type: "plain_text", text: "From a narrower source" },
      hint: hint(
        `Asked: ${few(request.sources.map(showCidr), MOST_SOURCES)}. Write addresses, prefixes or names of networks within that; leave it empty to keep that.`,
      ),
      element: { type: "plain_text_input", action_id: LESS_FIELDS.from, max_length: LONGEST_SOURCES },
    },
  ],
});

/** While it takes longer than Slack waits. */
export const thinkingModal = (): ModalView =>
  plainModal("Approve less", "One moment: I check whether this is allowed.");

export const approvedModal = (): ModalView =>
  plainModal("Approve less", "Your approval counts. The card shows what comes of it.");

/** Shown in its place when the approval doesn't count. */
export const notApprovedModal = ({ blocks }: Drawn): ModalView => ({
  type: "modal",
  title: { type: "plain_text", text: "Not approved" },
  close: { type: "plain_text", text: "Close" },
  blocks: [...blocks],
});

/** Where a "no" is about something that was typed or chosen here: the others are about more than one field. */
export const fieldOf = ({ code, facts }: Refusal): LessField | undefined => {
  switch (code) {
    case "duration-unreadable":
    case "not-less":
      return "end";
    case "source-unreadable":
    case "source-impossible":
    case "no-address-in-family":
      return "from";
    case "wider-than-asked":
      return facts.what === "length" ? "end" : facts.what === "source" ? "from" : "ports";
    default:
      return undefined;
  }
};

interface Filled {
  readonly value?: string | null | undefined;
  readonly selected_options?: readonly { readonly value?: string }[] | null | undefined;
}

export const lessIn = (values: Readonly<Record<string, Readonly<Record<string, Filled>>>>): Less => {
  const at = (field: LessField): Filled | undefined => values[field]?.[field];
  const end = at("end")?.value?.trim() ?? "";
  const from = (at("from")?.value ?? "").split(/[\s,;]+/u).filter((word) => word !== "");
  const ports = at("ports")?.selected_options?.flatMap(({ value }) => value ?? []);
  return {
    ...(end === "" ? {} : { end }),
    ...(ports === undefined ? {} : { ports }),
    ...(from.length === 0 ? {} : { from }),
  };
};

/** Nothing to choose from where there is one, or more than a menu takes. */
const portsInput = ({ ports }: AccessRequest): readonly KnownBlock[] => {
  if (ports.length < 2 || ports.length > MOST_OPTIONS) return [];
  const options = ports.map(portOption);
  const block: InputBlock = {
    type: "input",
    block_id: LESS_FIELDS.ports,
    label: { type: "plain_text", text: "Ports" },
    element:
      ports.length > MOST_BOXES
        ? { type: "multi_static_select", action_id: LESS_FIELDS.ports, options, initial_options: options }
        : { type: "checkboxes", action_id: LESS_FIELDS.ports, options, initial_options: options },
  };
  return [block];
};

/** `22 (SSH)`, `53/udp` */
const portOption = (port: Port): PlainTextOption => {
  const shown = port.protocol === "tcp" ? String(port.port) : portKey(port);
  const name = servicesTitle([portKey(port)]);
  const text = name.startsWith("port ") ? shown : `${shown} (${name})`;
  return { text: { type: "plain_text", text }, value: portKey(port) };
};

const plainModal = (title: string, text: string): ModalView => ({
  type: "modal",
  title: { type: "plain_text", text: title },
  close: { type: "plain_text", text: "Close" },
  blocks: [...lines([text])],
});

const hint = (text: string): { readonly type: "plain_text"; readonly text: string } => ({
  type: "plain_text",
  text: cut(text, HINT_TEXT),
});

/** https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element and …/multi-select-menu-element */
const MOST_BOXES = 10;
const MOST_OPTIONS = 100;
/** https://docs.slack.dev/reference/block-kit/blocks/input-block */
const HINT_TEXT = 2_000;
const MOST_SOURCES = 12;
const LONGEST_SOURCES = 1_000;

/** The form that asks for an access, drawn from what stands in it. */

import type { InputBlock, KnownBlock, ModalView, PlainTextElement, PlainTextOption } from "@slack/types";
import { LONGEST_JUSTIFICATION } from "../ask-text.ts";
import { type Drawn, lines } from "../blocks.ts";
import { code } from "../mrkdwn.ts";
import { lengthOptions, machineOption, type Offer, portOptions, sourceOptions } from "./choices.ts";
import { type Field, type Filled, fieldId, type Kept, type Place, TYPED } from "./fields.ts";

export const FORM = "access.form";

export interface FormFacts {
  readonly kept: Place;
  /** Where an offer is given it fits it: see `fitted`. */
  readonly filled: Filled;
  /** Of the chosen machine; absent: none is chosen, or no rule is about it. */
  readonly offer: Offer | undefined;
  readonly hasAddressPage: boolean;
  /** What will happen, or why not, in mrkdwn. */
  readonly foretold: readonly string[];
  /** What was wrong with it as a whole. */
  readonly problems?: readonly string[];
}

/** Whatever comes back is judged anew: nothing in it is trusted. */
export const drawForm = ({ kept, filled, offer, hasAddressPage, foretold, problems = [] }: FormFacts): ModalView => ({
  type: "modal",
  callback_id: FORM,
  private_metadata: JSON.stringify({ ...kept, machine: filled.machine } satisfies Kept),
  title: TITLE,
  submit: plain("Ask"),
  close: plain("Cancel"),
  blocks: [
    ...(problems.length === 0 ? [] : [...lines(problems), { type: "divider" } as const]),
    machineBlock(filled, offer),
    ...(offer === undefined ? [] : offerBlocks(filled, offer, hasAddressPage)),
    becauseBlock(filled, offer, kept.link),
    ...(kept.link === undefined ? [] : lines([`With it goes the link to the message: ${kept.link}`])),
    ...lines(foretold),
  ],
});

/** Without anything to fill in. */
export const drawNote = ({ blocks }: Drawn, kept?: Place): ModalView => ({
  type: "modal",
  callback_id: FORM,
  ...(kept === undefined ? {} : { private_metadata: JSON.stringify({ ...kept, machine: "" } satisfies Kept) }),
  title: TITLE,
  close: plain("Close"),
  blocks: [...blocks],
});

const machineBlock = ({ machine }: Filled, offer: Offer | undefined): InputBlock => {
  // Whatever is no longer there must not seem to be chosen.
  const chosen = offer === undefined || machine === "" ? undefined : machineOption(offer.machine);
  return {
    ...input("machine", "Machine"),
    dispatch_action: true,
    element: {
      type: "external_select",
      action_id: fieldId("machine"),
      placeholder: plain("Type a part of its name"),
      min_query_length: 0,
      ...(chosen === undefined ? {} : { initial_option: { text: chosen.text, value: chosen.value ?? "" } }),
    },
  };
};

const offerBlocks = (filled: Filled, { rule }: Offer, hasAddressPage: boolean): readonly KnownBlock[] => {
  const ports = portOptions(rule);
  const lengths = lengthOptions(rule, filled.services);
  const sources = sourceOptions(rule, filled.services, hasAddressPage);
  const chosenPorts = ports.filter(({ value }) => filled.services.includes(value ?? ""));
  const id = fieldId("services", ports);
  return [
    {
      type: "input",
      block_id: id,
      label: plain("Ports"),
      dispatch_action: true,
      element: {
        type: "multi_static_select",
        action_id: id,
        options: [...ports],
        ...(chosenPorts.length === 0 ? {} : { initial_options: chosenPorts }),
      },
    },
    select("length", "For how long", lengths, filled.length),
    ...(filled.length === TYPED
      ? [typed("typedLength", "How long, or until when", "45m, 1h30m or until 18:00", filled.typedLength)]
      : []),
    select("source", "Where you connect from", sources, filled.source),
    ...(filled.source === TYPED ? [typed("typedSource", "Address or network", "203.0.113.7", filled.typedSource)] : []),
  ];
};

const becauseBlock = ({ because }: Filled, offer: Offer | undefined, link: string | undefined): InputBlock => {
  const justification = offer?.rule.justification;
  const pattern = justification?.pattern;
  return {
    ...input("because", "Why"),
    optional: justification?.required !== true || (link !== undefined && pattern === undefined),
    hint: plain(
      pattern === undefined
        ? "Everyone in the channel can read it."
        : `It has to match ${pattern.source}. Everyone in the channel can read it.`.slice(0, LONGEST_HINT),
    ),
    element: {
      type: "plain_text_input",
      action_id: fieldId("because"),
      multiline: true,
      max_length: LONGEST_JUSTIFICATION - (link === undefined ? 0 : link.length + 1),
      placeholder: plain("INC-1042 disk full"),
      ...(because === "" ? {} : { initial_value: because.slice(0, LONGEST_JUSTIFICATION) }),
    },
  };
};

const select = (field: Field, label: string, options: readonly PlainTextOption[], chosen: string): InputBlock => {
  const id = fieldId(field, options);
  const initial = options.find(({ value }) => value === chosen);
  return {
    type: "input",
    block_id: id,
    label: plain(label),
    dispatch_action: true,
    element: {
      type: "static_select",
      action_id: id,
      options: [...options],
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  };
};

/** Slack tells of it when Enter is pressed. */
const typed = (field: Field, label: string, example: string, text: string): InputBlock => ({
  ...input(field, label),
  dispatch_action: true,
  element: {
    type: "plain_text_input",
    action_id: fieldId(field),
    placeholder: plain(example),
    max_length: LONGEST_TYPED,
    ...(text === "" ? {} : { initial_value: text.slice(0, LONGEST_TYPED) }),
  },
});

const input = (field: Field, label: string) =>
  ({ type: "input", block_id: fieldId(field), label: plain(label) }) as const;

const plain = (text: string): PlainTextElement => ({ type: "plain_text", text });

const TITLE = plain("Ask for access");
const LONGEST_HINT = 2_000;
const LONGEST_TYPED = 500;

/** While nothing is chosen. */
export const CHOOSE_FIRST: readonly string[] = [
  `Choose a machine, and I say here what will happen. The same in one line: ${code("/jit ssh prod-vm-3 2h because INC-1042 disk full")}`,
];
export const ONE_MOMENT: readonly string[] = ["One moment: I look up what will happen…"];

/** What stands in the form: read from what Slack sends of a view, and turned into an ask. */

import { createHash } from "node:crypto";
import type { Machine } from "../../access/machine.ts";
import { type Refusal, refuse } from "../../access/refusal.ts";
import type { Machines } from "../../cloud/machines.ts";
import type { Ask } from "../../workflow/submit-request.ts";
import { LONGEST_JUSTIFICATION } from "../ask-text.ts";
import { showInvisible } from "../typed-text.ts";

/** What somebody chose and typed so far; empty where they didn't. */
export interface Filled {
  /** The key of a machine: see `machineKey`. */
  readonly machine: string;
  readonly services: readonly string[];
  /** A length (`2h`), or `TYPED`. */
  readonly length: string;
  readonly typedLength: string;
  /** A word as after `from`, `USUAL`, or `TYPED`. */
  readonly source: string;
  readonly typedSource: string;
  readonly because: string;
}

export const EMPTY: Filled = {
  machine: "",
  services: [],
  length: "",
  typedLength: "",
  source: "",
  typedSource: "",
  because: "",
};

export type Field = keyof Filled;

/** It is written in a field of its own. */
export const TYPED = "typed:";
/** Where the rule says that people connect from, when that has no name. */
export const USUAL = "usual:";

/** Where the form belongs. */
export interface Place {
  /** For whom it was opened. */
  readonly user: string;
  /** Where the answer goes; absent: to a direct message. */
  readonly channel?: string;
  /** A message that it is about. */
  readonly link?: string;
}

/** What the form keeps beside its fields, in `private_metadata`: nothing that is trusted. */
export interface Kept extends Place {
  /** The machine that its fields are made for; empty: none. */
  readonly machine: string;
}

export const placeOf = ({ user, channel, link }: Kept): Place => ({
  user,
  ...(channel === undefined ? {} : { channel }),
  ...(link === undefined ? {} : { link }),
});

/**
 * Slack keeps what was chosen in a field as long as its id stays the same, and mixes up what is offered if that changes meanwhile. So a field whose choices change has another id
 * for other choices: `form.length/3f0c2a91b4`.
 */
export const fieldId = (field: Field, choices?: unknown): string =>
  choices === undefined ? `form.${field}` : `form.${field}/${digest(JSON.stringify(choices)).slice(0, 10)}`;

export const FIELD_ID = /^form\.(machine|services|length|typedLength|source|typedSource|because)(?:\/|$)/u;

export const fieldOf = (id: string): string => FIELD_ID.exec(id)?.[1] ?? "";

/** As views carry it: by block, then by action. Ours are called alike. */
export type Values = Readonly<Record<string, Readonly<Record<string, FieldValue>>>>;

interface FieldValue {
  readonly value?: string | null;
  readonly selected_option?: { readonly value?: string } | null;
  readonly selected_options?: readonly { readonly value?: string }[];
}

export const readFilled = (values: Values): Filled => {
  const found = new Map(
    Object.entries(values).flatMap(([block, actions]) =>
      Object.values(actions).map((value) => [fieldOf(block), value] as const),
    ),
  );
  const text = (field: Field): string => found.get(field)?.value ?? "";
  const choice = (field: Field): string => found.get(field)?.selected_option?.value ?? "";
  return {
    machine: choice("machine"),
    services: (found.get("services")?.selected_options ?? []).flatMap(({ value }) => value ?? []),
    length: choice("length"),
    typedLength: text("typedLength"),
    source: choice("source"),
    typedSource: text("typedSource"),
    because: text("because"),
  };
};

/** The id of the block in which this field is now; `undefined`: it isn't there. */
export const blockIn = (values: Values, field: Field): string | undefined =>
  Object.keys(values).find((id) => fieldOf(id) === field);

export const readKept = (text: string): Kept | undefined => {
  try {
    const kept: unknown = JSON.parse(text);
    return typeof kept === "object" && kept !== null && "user" in kept && "machine" in kept
      ? (kept as Kept)
      : undefined;
  } catch {
    return undefined;
  }
};

/** What would be typed after `/jit` for the same. */
export const askOf = (
  filled: Filled,
  machine: Machine,
  machines: Pick<Machines, "find">,
  { link }: Pick<Place, "link">,
): Ask => ({
  services: filled.services,
  machine: wayToName(machine, machines),
  end: filled.length === TYPED ? filled.typedLength : filled.length,
  from: sourcesOf(filled),
  because: [filled.because, link ?? ""]
    .map((text) => showInvisible(text).trim())
    .filter((text) => text !== "")
    .join(" "),
});

/** What is wrong with an ask before anybody looks at policy. */
export const tooLong = ({ because }: Ask): Refusal | undefined =>
  because.length <= LONGEST_JUSTIFICATION
    ? undefined
    : refuse("justification-too-long", { length: because.length, maximum: LONGEST_JUSTIFICATION });

/** As people would type it, where that means this machine and no other. */
const wayToName = (machine: Machine, { find }: Pick<Machines, "find">): string =>
  [machine.name, `${machine.name}@${machine.account}`].find((name) => find(name) === machine) ?? machine.id;

const sourcesOf = ({ source, typedSource }: Filled): readonly string[] => {
  if (source === TYPED) return typedSource.split(/[\s,]+/u).filter((word) => word !== "");
  return source === USUAL || source === "" ? [] : [source];
};

/** The value of a machine in menus, of at most 150 characters: its id, or where that is longer a digest of it. */
export const machineKey = ({ id }: Pick<Machine, "id">): string =>
  id.length <= LONGEST_VALUE ? id : `sha256:${digest(id)}`;

/** The other way round: among all machines, of which very few have so long an id. */
export const machineOf = (key: string, machines: Pick<Machines, "byId" | "all">): Machine | undefined =>
  key.startsWith("sha256:")
    ? machines.all().find((machine) => machine.id.length > LONGEST_VALUE && machineKey(machine) === key)
    : machines.byId(key as Machine["id"]);

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

/** https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
export const LONGEST_VALUE = 150;

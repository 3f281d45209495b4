/** What IAM's documentation says of simple policies, written as plainly as can be and without looking at how anybody else does it. */

export interface SimpleStatement {
  readonly effect: "Allow" | "Deny";
  readonly not: boolean;
  readonly actions: readonly string[];
  readonly resource: string;
  /** The statement speaks only where the machine's tag `key` has this value. */
  readonly tag:
    | {
        readonly key: string;
        readonly operator: "StringEquals" | "StringNotEquals" | "StringLike";
        readonly value: string;
      }
    | undefined;
}

export interface Situation {
  readonly action: string;
  readonly resource: string;
  readonly tags: Readonly<Record<string, string>>;
}

const matches = (pattern: string, text: string): boolean => {
  const [first, ...rest] = pattern;
  if (first === undefined) return text === "";
  const remaining = rest.join("");
  if (first === "*") {
    for (let i = 0; i <= text.length; i += 1) if (matches(remaining, text.slice(i))) return true;
    return false;
  }
  return text !== "" && (first === "?" || first === text[0]) && matches(remaining, text.slice(1));
};

const applies = (statement: SimpleStatement, { action, resource, tags }: Situation): boolean => {
  let isNamed = false;
  for (const pattern of statement.actions) if (matches(pattern.toLowerCase(), action.toLowerCase())) isNamed = true;
  if (isNamed === statement.not) return false;
  if (!matches(statement.resource, resource)) return false;
  if (statement.tag === undefined) return true;
  const { key, operator, value } = statement.tag;
  const has = tags[key];
  if (operator === "StringNotEquals") return has !== value;
  if (has === undefined) return false;
  return operator === "StringEquals" ? has === value : matches(value, has);
};

export type SlowAnswer = "denied" | "not-given" | "undecidable" | "yes";

/** `boundary`: undefined where there is none. A tag that the machine lacks, wherever a fitting statement of theirs asks for it, makes an allow doubtful. */
export const slowly = (
  statements: readonly SimpleStatement[],
  boundary: readonly SimpleStatement[] | undefined,
  situation: Situation,
): SlowAnswer => {
  const effects = (all: readonly SimpleStatement[]) =>
    all.filter((each) => applies(each, situation)).map(({ effect }) => effect);
  if (effects(statements).includes("Deny")) return "denied";
  if (boundary !== undefined && (effects(boundary).includes("Deny") || !effects(boundary).includes("Allow")))
    return "denied";
  if (!effects(statements).includes("Allow")) return "not-given";
  const doubtful = statements.some(
    (each) =>
      each.tag !== undefined &&
      situation.tags[each.tag.key] === undefined &&
      applies({ ...each, tag: undefined }, situation),
  );
  return doubtful ? "undecidable" : "yes";
};

/** What a policy gives to somebody without anybody else, by its own word. */

import type { Rule } from "./policy.ts";

/** A sentence for each. */
export const aloneByWord = ({ name, approve: how, breakGlass, configure, request }: Rule): readonly string[] => [
  ...(how.kind === "none"
    ? [`rule ${name} opens without anybody else: nobody has to approve what ${list(request)} ask`]
    : []),
  ...(how.kind === "by" && how.automatic.length > 0
    ? [
        `rule ${name} opens without anybody else: within ${list(how.automatic.map((hours) => hours.name))} approval is automatic`,
      ]
    : []),
  ...(breakGlass === undefined || breakGlass.by.length === 0
    ? []
    : [
        `rule ${name} opens without anybody else: ${list(breakGlass.by)} may break the glass, and somebody else reviews it afterwards`,
      ]),
  ...(configure.length === 0
    ? []
    : [`rule ${name} lets ${list(configure)} unprotect its machines without anybody else`]),
];

const list = (names: readonly string[]): string => names.join(", ");

/** Where somebody connects from, in a sentence. */

import { type Cidr, showCidr } from "../access/source.ts";
import { few } from "./lists.ts";
import { showSource } from "./mrkdwn.ts";

export const showSources = (sources: readonly Cidr[]): string => {
  if (sources.includes("0.0.0.0/0" as Cidr) || sources.includes("::/0" as Cidr)) return "anywhere";
  return few(
    sources.map((each) => showSource(showCidr(each))),
    MOST_NAMED,
  );
};

const MOST_NAMED = 12;

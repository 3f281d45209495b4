/** `/jit help`: what this person can do, and no more. */

import type { Abilities } from "../workflow/list-abilities.ts";
import { type Drawn, lines } from "./blocks.ts";
import { exampleAsk } from "./list-texts.ts";
import { code } from "./mrkdwn.ts";

/** What there is only where somebody set it up. */
interface Offers {
  readonly linking: boolean;
  /** A page that sees where people are. */
  readonly addressPage: boolean;
}

/** `abilities`: `undefined` where it can't be told what they may do, so they are shown what most people can. */
export const drawHelp = (abilities: Abilities | undefined, offers: Offers): Drawn => {
  const texts = [
    "A port on a machine opens for you, from one address, for a while, and closes by itself.",
    ...(abilities === undefined || abilities.example !== undefined ? asking(abilities, offers) : notAsking(abilities)),
    "`/jit list` — what is open for you, what you wait for and what waits for your answer; the same is on my Home",
    `${code("/jit close <id>")} — close an access before its time, or withdraw a request; ${code("/jit extend <id> 1h")} — make it longer`,
    ...(offers.addressPage
      ? [
          `${code("/jit moved <id>")} — when you are elsewhere now: it opens from there, and then closes from where you were`,
        ]
      : []),
    ...(abilities?.answers === true
      ? ["You answer requests: by the buttons on a card, on my Home or in `/jit list`."]
      : []),
    ...(abilities?.configures === true || abilities?.looksAfterAll === true
      ? ["`/jit posture` — how the machines stand, the most open first"]
      : []),
    ...(abilities?.configures === true
      ? [
          `${code("/jit protect <machine> ssh,rdp")} — keep ports closed but for those who may ask; ${code("/jit unprotect <machine>")} — put everything back`,
        ]
      : []),
    abilities?.audits === true
      ? "`/jit audit [machine or @person] 7d` — who had access to what, with a file"
      : "`/jit audit 7d` — what you had access to, with a file",
    ...(abilities?.looksAfterAll === true
      ? ["`/jit lockdown` — close everything and open nothing; `/jit lockdown lift` — end that"]
      : []),
    ...(offers.linking
      ? [
          `\`/jit link\` — show me who you are in Azure or AWS; \`/jit unlink\` — take that back${abilities?.looksAfterAll === true ? "; `/jit unlink @person` — another's" : ""}`,
        ]
      : []),
  ];
  return { text: texts[0] ?? "", blocks: lines(texts) };
};

const asking = (abilities: Abilities | undefined, { addressPage }: Offers): readonly string[] => {
  const example = abilities?.example;
  const name = example?.machine.name ?? "prod-vm-3";
  const ask = example === undefined ? "ssh prod-vm-3 2h" : exampleAsk(example);
  const pattern = example?.rule.justification;
  const because = pattern === undefined || pattern.required || pattern.pattern !== undefined;
  return [
    "`/jit` — a form to ask with",
    `${code(`/jit ${ask}`)} — ask by typing; several ports at once: \`ssh,8443/tcp\`; also \`until 18:00\``,
    `\`… from 203.0.113.7\` — where you connect from: an address, a prefix or a network's name${addressPage ? "; `from me` — I look where you are now" : ""}`,
    `\`… because INC-1042 disk full\` — why${because ? ", which some machines need" : ""}; everyone in the channel can read it on the card`,
    ...(abilities?.breaksGlass === true
      ? [
          `${code("/jit break-glass ssh <machine> 30m because INC-1042 disk full")} — in an emergency, without approval; everyone who was skipped is told, and somebody reviews it`,
        ]
      : []),
    "`/jit machines` — what you may ask for",
    `${code(`/jit who ${name}`)} — who has access now; ${code(`/jit why ${name}`)} — whether you may ask for it, and what each firewall says`,
  ];
};

/** Who looks after machines sees how they stand, though they may ask for none. */
const notAsking = ({ answers, configures, looksAfterAll }: Abilities): readonly string[] => [
  NOTHING_TO_ASK,
  ...(answers || configures || looksAfterAll ? [`${code("/jit who <machine>")} — who has access now`] : []),
  ...(configures || looksAfterAll ? [`${code("/jit why <machine>")} — what each firewall says`] : []),
];

const NOTHING_TO_ASK = "There is no machine that you may ask for. Whoever looks after the policy can change that.";

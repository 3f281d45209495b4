/** What Slack sends for what somebody typed, turned back into what they typed, and read word by word. */

export interface Word {
  readonly text: string;
  /** Somebody put it into quotes, so it is a name and no keyword. */
  readonly quoted: boolean;
}

/**
 * Undoes Slack's escapes (`&amp; &lt; &gt;`) and its automatic links (`<http://web-1|web-1>`, `<mailto:a@b.c|a@b.c>`), and writes double
 * quotes of every script as `"`. A link whose text isn't its address stays as it is, to be shown in full.
 *
 * https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export const asTyped = (text: string): string =>
  text
    .replace(/<((?:https?:\/\/|mailto:|tel:)[^<>|\s]+)(?:\|([^<>|]*))?>/gu, (link, address: string, label?: string) => {
      if (label === undefined) return address.replace(/^(?:mailto|tel):/u, "");
      return bare(address) === bare(label) ? label : link;
    })
    .replace(/&(amp|lt|gt);/gu, (_, name: "amp" | "lt" | "gt") => ({ amp: "&", lt: "<", gt: ">" })[name])
    .replace(/[\u{201C}\u{201D}\u{201E}\u{201F}\u{00AB}\u{00BB}]/gu, '"');

/**
 * Shows what can't be seen or changes how other text is seen: control characters, direction marks (`[U+202E]`), zero-width and tag
 * characters. Line breaks, tabs and runs of spaces become one space. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
export const showInvisible = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\s+/gu, " ")
    .replace(
      INVISIBLE,
      (character) => `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
    );

export interface Words {
  /** The next word without taking it; `undefined` at the end. */
  readonly peek: () => Word | undefined;
  readonly next: () => Word | undefined;
  /** Words with commas between them, with or without spaces: `ssh, rdp`. */
  readonly nextList: () => readonly string[];
  /** Everything that is left, trimmed. */
  readonly rest: () => string;
  /** Takes everything that is left. */
  readonly takeRest: () => string;
}

/** Reads words apart at spaces; double quotes hold a word with spaces together. The quotes must be balanced. */
export const wordsOf = (text: string): Words => {
  let left = text.trim();
  const match = (): RegExpExecArray | null => /^(?:[^\s"]|"[^"]*")+/u.exec(left);
  const peek = (): Word | undefined => {
    const found = match()?.[0];
    return found === undefined ? undefined : { text: found.replaceAll('"', ""), quoted: found.startsWith('"') };
  };
  const next = (): Word | undefined => {
    const word = peek();
    left = left.slice(match()?.[0].length ?? 0).trimStart();
    return word;
  };
  return {
    peek,
    next,
    nextList: () => {
      const items: string[] = [];
      let goesOn = true;
      while (goesOn) {
        const word = next();
        if (word === undefined) break;
        items.push(...(word.quoted ? [word.text] : word.text.split(",")));
        goesOn = (!word.quoted && word.text.endsWith(",")) || left.startsWith(",");
      }
      return items.map((item) => item.trim()).filter((item) => item !== "");
    },
    rest: () => left,
    takeRest: () => {
      const rest = left;
      left = "";
      return rest;
    },
  };
};

// Zero-width joiners stay: families and flags among the emoji are made with them.
const INVISIBLE =
  /[\p{Cc}\u{00AD}\u{061C}\u{180E}\u{200B}\u{200E}\u{200F}\u{2028}-\u{202E}\u{2060}-\u{206F}\u{FEFF}\u{FFF9}-\u{FFFB}\u{E0000}-\u{E007F}]/gu;

const bare = (address: string): string =>
  address
    .replace(/^(?:https?:\/\/|mailto:|tel:)/u, "")
    .replace(/\/$/u, "")
    .toLowerCase();

/** A YAML text as plain values, and where in the text each of them stands. */

import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
} from "yaml";

/** Lines and columns count from one. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** `rules[2].ports.ssh.maximum`; empty for the whole. */
  readonly path: string;
}

export type Path = readonly PropertyKey[];

export interface YamlText {
  /** Every scalar is the text as written (`0123`, `1.10` and `yes` too), an empty value is `""`. */
  readonly value: unknown;
  /** Where a value stands, or the nearest thing around it that is there. */
  readonly placeOf: (path: Path) => Place;
  /** Where the key stands that a path ends with. */
  readonly placeOfKey: (path: Path) => Place;
}

export interface SyntaxProblem extends Place {
  readonly message: string;
}

export const readYaml = (text: string): YamlText | readonly SyntaxProblem[] => {
  const lines = new LineCounter();
  // Failsafe: account ids begin with zeros and tags say `yes`, and both must stay what they are.
  const document = parseDocument(text, {
    schema: "failsafe",
    merge: true,
    prettyErrors: false,
    logLevel: "error",
    lineCounter: lines,
  });
  const at = (offset: number): Omit<Place, "path"> => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    return document.errors.map(({ code, message, pos: [offset] }) => ({
      ...at(offset),
      path: "",
      message: inOurWords(code, message),
    }));
  }

  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // An alias of nothing, or too many of them: https://eemeli.org/yaml/#options (maxAliasCount).
    let offset = startOf(document.contents) ?? 0;
    visit(document, {
      Alias: (_, alias) => {
        if (alias.resolve(document) !== undefined) return undefined;
        offset = startOf(alias) ?? offset;
        return visit.BREAK;
      },
    });
    return [
      { ...at(offset), path: "", message: inOurWords("", error instanceof Error ? error.message : String(error)) },
    ];
  }
  return {
    value,
    placeOf: (path) => {
      const found = walk(document, path);
      return { ...at(found.value), path: found.path };
    },
    placeOfKey: (path) => {
      const found = walk(document, path);
      return { ...at(found.key), path: found.path };
    },
  };
};

const inOurWords = (code: string, message: string): string => {
  if (code === "DUPLICATE_KEY") return "this name is there twice";
  if (code === "MULTIPLE_DOCS") return "only one document is read; remove what follows `---`";
  if (code === "TAB_AS_INDENT") return "write spaces instead of tabs";
  return `not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
};

interface Found {
  readonly key: number;
  readonly value: number;
  readonly path: string;
}

/** Goes down as far as there is something: of a name written instead of a list, its only item is the name itself. */
const walk = (document: Document, path: Path): Found => {
  let node: unknown = document.contents;
  let found: Found = { key: startOf(node) ?? 0, value: startOf(node) ?? 0, path: "" };
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node) && typeof step === "number") continue;
    if (isMap(node)) {
      const pair = findPair(document, node.items, String(step));
      if (pair === undefined) return found;
      const key = startOf(pair.key) ?? found.value;
      node = pair.value;
      found = { key, value: startOf(node) ?? key, path: joinKey(found.path, String(step)) };
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      const start = startOf(node) ?? found.value;
      found = { key: start, value: start, path: `${found.path}[${String(step)}]` };
    } else {
      return found;
    }
  }
  return found;
};

const findPair = (document: Document, items: readonly Pair[], name: string): Pair | undefined => {
  const own = items.find((pair) => isScalar(pair.key) && String(pair.key.value) === name);
  if (own !== undefined) return own;
  const merged = items.find((pair) => isScalar(pair.key) && String(pair.key.value) === "<<")?.value;
  for (const each of isSeq(merged) ? merged.items : [merged]) {
    const source = isAlias(each) ? each.resolve(document) : each;
    const pair = isMap(source) ? findPair(document, source.items, name) : undefined;
    if (pair !== undefined) return pair;
  }
  return undefined;
};

const joinKey = (path: string, key: string): string => {
  const plain = /^[A-Za-z0-9_/-]+$/u.test(key) ? key : JSON.stringify(key);
  return path === "" ? plain : `${path}.${plain}`;
};

const startOf = (node: unknown): number | undefined =>
  isNode(node) ? node.range?.[0] : isPair(node) ? startOf(node.key) : undefined;

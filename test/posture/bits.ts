/** Addresses as strings of 0 and 1, for oracles: a prefix holds an address when the address begins with the prefix's bits. */

export type Family = "ipv4" | "ipv6";

/** `undefined` for what isn't a plain address. Written here anew so that it shares no mistake with the product. */
export const bitsOf = (text: string): string | undefined => {
  const known = read.get(text);
  if (known !== undefined) return known;
  const bits = text.includes(":") ? readSix(text) : readFour(text);
  if (bits !== undefined) read.set(text, bits);
  return bits;
};

/** Whether `text`, an address, a prefix or a range, holds the address. `undefined` when it is none of these. */
export const holds = (text: string, address: string): boolean | undefined => {
  const bits = bitsOf(address) ?? "";
  const span = spanOf(text);
  if (span === undefined) return undefined;
  if (span.kind === "prefix") return span.family === bits.length && bits.startsWith(span.bits);
  return span.from.length === bits.length && span.from <= bits && bits <= span.to;
};

type Span =
  | { readonly kind: "prefix"; readonly bits: string; readonly family: number }
  | { readonly kind: "range"; readonly from: string; readonly to: string };

const spans = new Map<string, Span | undefined>();

const spanOf = (text: string): Span | undefined => {
  if (!spans.has(text)) spans.set(text, readSpan(text));
  return spans.get(text);
};

const readSpan = (text: string): Span | undefined => {
  if (text.includes("-")) {
    const [from = "", to = ""] = text.split("-").map((each) => bitsOf(each) ?? "");
    return from === "" || from.length !== to.length || from > to ? undefined : { kind: "range", from, to };
  }
  const [network = "", length] = text.split("/");
  const start = bitsOf(network);
  if (start === undefined) return undefined;
  const count = length === undefined ? start.length : Number(length);
  return count > start.length ? undefined : { kind: "prefix", bits: start.slice(0, count), family: start.length };
};

export const textOf = (bits: string): string =>
  bits.length === 32
    ? (bits.match(/.{8}/gu) ?? []).map((part) => Number.parseInt(part, 2)).join(".")
    : (bits.match(/.{16}/gu) ?? []).map((part) => Number.parseInt(part, 2).toString(16)).join(":");

/** The first and last address of a prefix or range, and those right outside. */
export const edgesOf = (text: string): readonly string[] => {
  const known = edges.get(text) ?? findEdges(text);
  edges.set(text, known);
  return known;
};

const edges = new Map<string, readonly string[]>();

const findEdges = (text: string): readonly string[] => {
  const [from = "", to = from] = text.split("-");
  const [network = "", length] = from.split("/");
  const start = bitsOf(network);
  const end = bitsOf(to.split("/")[0] ?? "");
  if (start === undefined || end === undefined) return [];
  const count = length === undefined ? start.length : Number(length);
  const first = start.slice(0, count).padEnd(start.length, "0");
  const last = to === from ? start.slice(0, count).padEnd(start.length, "1") : end;
  return [first, last, step(first, -1n), step(last, 1n)].flatMap((bits) => (bits === undefined ? [] : [textOf(bits)]));
};

const step = (bits: string, by: bigint): string | undefined => {
  const next = BigInt(`0b${bits}`) + by;
  return next < 0n || next >= 1n << BigInt(bits.length) ? undefined : next.toString(2).padStart(bits.length, "0");
};

const read = new Map<string, string>();

const readFour = (text: string): string | undefined => {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/u.test(part) && Number(part) < 256)
    ? parts.map((part) => Number(part).toString(2).padStart(8, "0")).join("")
    : undefined;
};

const readSix = (text: string): string | undefined => {
  const [head = "", tail] = text.split("::");
  const groups = (part: string): readonly string[] => (part === "" ? [] : part.split(":"));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  return all.every((group) => /^[0-9a-f]{1,4}$/iu.test(group))
    ? all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("")
    : undefined;
};

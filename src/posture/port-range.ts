/** Ports as clouds write them: `22`, `20-25`, `*`. */

/** Both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface PortSet {
  readonly ranges: readonly PortRange[];
  /** Something of it couldn't be read, so it may hold any port. */
  readonly unreadable: boolean;
}

/** Whether a rule fits, for as much as is known. */
export type Fit = "yes" | "maybe" | "no";

export const readPortRange = (text: string): PortRange | undefined => {
  const trimmed = text.trim();
  if (trimmed === "*" || trimmed.toLowerCase() === "any") return { from: 0, to: 65_535 };
  const match = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/u.exec(trimmed);
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  return from <= to && to <= 65_535 ? { from, to } : undefined;
};

/** An empty list can't be read either. */
export const readPorts = (texts: readonly string[]): PortSet => {
  const ranges = texts.map(readPortRange);
  const readable = ranges.filter((range) => range !== undefined);
  return { ranges: readable, unreadable: readable.length < texts.length || texts.length === 0 };
};

export const holdsPort = ({ from, to }: PortRange, port: number): boolean => from <= port && port <= to;

export const fitsPort = ({ ranges, unreadable }: PortSet, port: number): Fit =>
  ranges.some((range) => holdsPort(range, port)) ? "yes" : unreadable ? "maybe" : "no";

/** As little as the weakest says. */
export const allFit = (...fits: readonly Fit[]): Fit =>
  fits.includes("no") ? "no" : fits.includes("maybe") ? "maybe" : "yes";

/** What is left of a range of ports when some of them are taken out. */

/** Both ends are in it. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** `20-25` without `22-22` is `20-21` and `23-25`: in order, none touching the next one where nothing was taken out between them. */
export const without = (range: PortRange, taken: readonly PortRange[]): readonly PortRange[] => {
  const left: PortRange[] = [];
  let from = range.from;
  for (const out of taken.toSorted((a, b) => a.from - b.from)) {
    const end = Math.min(out.from - 1, range.to);
    if (from <= end) left.push({ from, to: end });
    from = Math.max(from, out.to + 1);
  }
  return from <= range.to ? [...left, { from, to: range.to }] : left;
};

export const isWithin = (inner: PortRange, outer: PortRange): boolean =>
  outer.from <= inner.from && inner.to <= outer.to;

/** `22`, `20-25` */
export const showRange = ({ from, to }: PortRange): string => (from === to ? `${from}` : `${from}-${to}`);

export const parseRange = (text: string): PortRange | undefined => {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/u.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  return from !== undefined && range.from <= range.to && range.to <= 65_535 ? range : undefined;
};

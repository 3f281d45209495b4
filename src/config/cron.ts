/** When something is to happen again and again, written as cron does in five fields. */

/**
 * What is wrong with it; `undefined` when nothing is. Minute, hour, day of the month, month, day of the week: `*`, numbers, ranges, lists and steps; no names
 * and no seconds, so that every cron reads it alike. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html
 */
export const cronProblem = (text: string): string | undefined => {
  const fields = text.trim().split(/\s+/u);
  if (fields.length !== FIELDS.length)
    return `has ${fields.length} ${fields.length === 1 ? "field" : "fields"} and not five; write minute, hour, day, month and weekday, like 0 9 * * 1-5`;
  for (const [at, [name, from, to]] of FIELDS.entries()) {
    const field = fields[at] ?? "";
    if (!field.split(",").every((part) => fitsField(part, from, to)))
      return `has ${JSON.stringify(field)} as its ${name}; write *, or numbers from ${from} to ${to} like ${from}, ${from}-${to} or */2`;
  }
  return hasSuchADay(fields[2] ?? "", fields[3] ?? "")
    ? undefined
    : `never comes: no month of ${JSON.stringify(fields[3])} has a day ${JSON.stringify(fields[2])}`;
};

const FIELDS: readonly (readonly [name: string, from: number, to: number])[] = [
  ["minute", 0, 59],
  ["hour", 0, 23],
  ["day", 1, 31],
  ["month", 1, 12],
  ["weekday", 0, 7],
];

const fitsField = (part: string, from: number, to: number): boolean => {
  const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/u.exec(part);
  if (match === null) return false;
  const [, first, last, step] = match;
  if (step !== undefined && (Number(step) === 0 || (first !== undefined && last === undefined))) return false;
  if (first === undefined) return true;
  const [low, high] = [Number(first), Number(last ?? first)];
  return low >= from && high <= to && low <= high;
};

/** node-cron throws at a day that none of the months has, as in 30 February. */
const hasSuchADay = (days: string, months: string): boolean => {
  const earliest = Math.min(...days.split(",").map((part) => Number.parseInt(part, 10) || 1));
  return months.split(",").some((part) => {
    const [range = "", step = "1"] = part.split("/");
    const [first = "", last = first] = range === "*" ? ["1", "12"] : range.split("-");
    return DAYS_IN.some(
      (length, i) =>
        i + 1 >= Number(first) &&
        i + 1 <= Number(last) &&
        (i + 1 - Number(first)) % Number(step) === 0 &&
        earliest <= length,
    );
  });
};

const DAYS_IN = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

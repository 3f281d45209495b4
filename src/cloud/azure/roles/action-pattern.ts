/** Patterns of actions, as in `microsoft.network/[star]/read`: whether one holds all of another, and whether two have anything in common. */

/**
 * Whether every action that `narrow` stands for is one that `wide` stands for. `*` is any text, slashes and nothing at all included; case doesn't
 * count.
 *
 * A star of `narrow` may be any text, also one with a letter that `wide` doesn't have, so only a star of `wide` can take it; and a star that takes
 * it takes whatever else may stand there. So `narrow` is read as plain text whose stars are a letter that nothing else equals. That is exact for
 * one `wide`; that several only together hold all of `narrow` is never concluded.
 */
export const covers = (wide: string, narrow: string): boolean => {
  const [pattern, text] = [wide.toLowerCase(), narrow.toLowerCase()];
  let [p, t] = [0, 0];
  // Where to go on when what follows a star doesn't fit. The latest star is enough, so this takes at most one length times the other.
  let [afterStar, retryAt] = [-1, 0];
  while (t < text.length) {
    if (pattern[p] === "*") {
      p += 1;
      [afterStar, retryAt] = [p, t];
    } else if (pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (afterStar >= 0) {
      retryAt += 1;
      [p, t] = [afterStar, retryAt];
    } else {
      return false;
    }
  }
  return ONLY_STARS.test(pattern.slice(p));
};

/** Whether there is an action that both stand for. Takes one length times the other. */
export const overlap = (one: string, other: string): boolean => {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  // `row[j]`: what `a` up to here and the first `j` signs of `b` stand for has something in common.
  let row = Array.from({ length: b.length + 1 }, (_, j) => ONLY_STARS.test(b.slice(0, j)));
  for (let i = 0; i < a.length; i += 1) {
    const next: boolean[] = [];
    for (let j = 0; j <= b.length; j += 1) {
      // A star stands for nothing, or takes one more sign of the other.
      const hasStar = a[i] === "*" || (j > 0 && b[j - 1] === "*");
      next[j] = hasStar
        ? row[j] === true || (j > 0 && next[j - 1] === true)
        : j > 0 && a[i] === b[j - 1] && row[j - 1] === true;
    }
    row = next;
  }
  return row[b.length] === true;
};

const ONLY_STARS = /^\**$/u;

/** IAM's wildcards: `*` is any text, also with slashes in it, and `?` any one character. */

export const like = (pattern: string, text: string): boolean => {
  let [at, from] = [0, 0];
  let star: { readonly pattern: number; text: number } | undefined;
  while (from < text.length) {
    if (pattern[at] === "*") {
      star = { pattern: at, text: from };
      at += 1;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[from])) {
      at += 1;
      from += 1;
    } else if (star !== undefined) {
      star.text += 1;
      at = star.pattern + 1;
      from = star.text;
    } else return false;
  }
  return /^\**$/u.test(pattern.slice(at));
};

/** Names of actions are the same in any case. */
export const fitsAction = (pattern: string, action: string): boolean =>
  like(pattern.toLowerCase(), action.toLowerCase());

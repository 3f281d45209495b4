/** Whoever beside our own policy has a say: the roles that the clouds themselves give people. */

export const AUTHORITIES = ["azure-roles", "aws-iam"] as const;
export type AuthorityName = (typeof AUTHORITIES)[number];

/** What somebody wants to do; each needs actions of its own in a cloud. */
export const ACTIVITIES = ["request", "approve", "configure", "read"] as const;
export type Activity = (typeof ACTIVITIES)[number];
/** Which actions, by the cloud's own names; all of them are needed. */
export type ActionsOf = Readonly<Record<Activity, readonly string[]>>;

export type AuthorityNo =
  /** Nobody told who this person is there. */
  | { readonly kind: "not-linked" }
  /** It has no say over this machine: of another cloud, or not connected to this one. */
  | { readonly kind: "no-say" }
  /** Nothing gives them these actions. */
  | { readonly kind: "not-given"; readonly actions: readonly string[] }
  /** Something takes them away, by its name: a deny assignment, or a statement that denies. */
  | { readonly kind: "denied"; readonly by: string; readonly actions: readonly string[] }
  /** It hangs on something that can't be known from here, like a condition: in words, lower case, no full stop. */
  | { readonly kind: "undecidable"; readonly what: string };

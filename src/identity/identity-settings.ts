/** What the configuration says of who people are elsewhere. */

export interface IdentitySettings {
  /** By Slack user id. */
  readonly people: ReadonlyMap<string, PersonSettings>;
  /** Ids of custom fields of Slack profiles; only those count that members can't edit themselves. */
  readonly profileFields: ProfileFieldSettings;
  /** Where people may show who they are by signing in. */
  readonly signIn: SignInSettings | undefined;
  /** By confirmed address, lower case. The file calls it `linkByEmailAlthoughItMayChangeHands`. */
  readonly byEmail: ReadonlyMap<string, WrittenIdentities>;
}

/** As somebody wrote them down: see `readIdentities`. */
export interface WrittenIdentities {
  readonly entra?: string;
  readonly aws: readonly string[];
}

export interface PersonSettings extends WrittenIdentities {
  readonly pagerduty?: string;
  readonly opsgenie?: string;
}

export interface ProfileFieldSettings {
  readonly entra?: string;
  readonly aws?: string;
  readonly manager?: string;
}

export interface SignInSettings {
  /** `https://login.microsoftonline.com/<tenant>/v2.0` */
  readonly issuer: string;
  readonly clientId: string;
  /** Which claim of the ID token is which identity. */
  readonly claims: { readonly entra?: string; readonly aws?: string };
}

/** Who and what a workspace consists of, in Slack's own words so that a page or a test can write it down directly. */

export interface SlackTeam {
  readonly id: string;
  readonly name?: string;
  readonly domain: string;
  readonly enterpriseId?: string;
}

/** What isn't given is the ordinary: a full member of the workspace, in UTC, with a confirmed address. */
export interface SlackUser {
  readonly id: string;
  readonly name: string;
  readonly real_name?: string;
  readonly team_id?: string;
  readonly tz?: string;
  readonly deleted?: boolean;
  readonly is_bot?: boolean;
  /** A guest in several channels. */
  readonly is_restricted?: boolean;
  /** A guest in one channel. */
  readonly is_ultra_restricted?: boolean;
  /** From another workspace, met in a shared channel. */
  readonly is_stranger?: boolean;
  readonly is_admin?: boolean;
  readonly is_email_confirmed?: boolean;
  readonly profile?: {
    readonly email?: string;
    readonly display_name?: string;
    readonly title?: string;
    /** Custom fields by id: of people (`user`) by the id of a user, of others by their text. */
    readonly fields?: Readonly<Record<string, string>>;
  };
  readonly enterprise_user?: {
    readonly id: string;
    readonly enterprise_id: string;
    readonly enterprise_name?: string;
    readonly is_admin?: boolean;
    readonly is_owner?: boolean;
    readonly teams: readonly string[];
  };
}

export interface SlackChannel {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly is_private?: boolean;
  readonly is_archived?: boolean;
  readonly is_shared?: boolean;
  readonly is_org_shared?: boolean;
  readonly is_ext_shared?: boolean;
  readonly is_pending_ext_shared?: boolean;
  readonly shared_team_ids?: readonly string[];
}

export interface SlackUserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name?: string;
  readonly users: readonly string[];
  readonly disabled?: boolean;
}

/** A custom field of all profiles. */
export interface SlackProfileField {
  readonly id: string;
  readonly label: string;
  readonly type?: "text" | "user" | "link" | "date";
  /** Members can't edit it themselves. */
  readonly isProtected?: boolean;
}

export interface SlackBot {
  readonly userId: string;
  readonly botId: string;
  readonly appId: string;
  readonly name?: string;
}

export interface SlackWorld {
  readonly team: SlackTeam;
  readonly users: readonly SlackUser[];
  readonly channels: readonly SlackChannel[];
  readonly userGroups: readonly SlackUserGroup[];
  readonly profileFields?: readonly SlackProfileField[];
  readonly bot: SlackBot;
}

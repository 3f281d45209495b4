/** Whom people tell what looks wrong: security, by the channel or the roles that the configuration has for it. */

import { literal } from "./mrkdwn.ts";
import { roles as rolesText } from "./refusals/words.ts";

export interface SecurityContact {
  readonly channel: string | undefined;
  readonly roles: readonly string[];
}

/** `security (<#C0SEC>)`, `security (*guards*)`, or just `security`. */
export const securityText = (contact: SecurityContact | undefined): string => {
  const { channel, roles = [] } = contact ?? {};
  if (channel !== undefined)
    return `security (${/^[CG][A-Z0-9]+$/u.test(channel) ? `<#${channel}>` : literal(channel)})`;
  return roles.length === 0 ? "security" : `security (${rolesText(roles)})`;
};

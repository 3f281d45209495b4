/** Who a person is elsewhere, by every way of linking that the configuration has. */

import { type Directory, NOBODY_ELSEWHERE, type PersonFacts } from "../access/person.ts";
import type { IdentitySettings } from "./identity-settings.ts";
import { identitiesFrom, type Said } from "./known.ts";
import type { Links } from "./links.ts";

interface IdentitiesDeps {
  /** As they count now. `undefined`: nobody is anybody elsewhere. */
  readonly settings: () => IdentitySettings | undefined;
  /** `undefined`: empty, or a field that people may write themselves. Throws a `Fault` when Slack can't be asked. */
  readonly profile: { readonly read: (user: string, field: string) => Promise<string | undefined> };
  readonly links: Pick<Links, "linkOf">;
}

/**
 * What administrators wrote comes before what people showed: the configuration's own list, then profile fields, then a sign-in, then an e-mail address,
 * for each of Entra ID and the AWS accounts by itself. Two people may come out as one; each is still who they are, and `sameHuman` tells.
 *
 * Throws a `Fault` when any of them can't be asked: less than all might be somebody else.
 */
export const createIdentities =
  ({ settings, profile, links }: IdentitiesDeps): Directory["identities"] =>
  async (facts) => {
    const now = settings();
    if (now === undefined) return NOBODY_ELSEWHERE;
    const { user } = facts.person;
    const { people, profileFields } = now;
    const field = async (id: string | undefined): Promise<string | undefined> =>
      id === undefined ? undefined : profile.read(user, id);
    const [entra, aws, linked] = await Promise.all([
      field(profileFields.entra),
      field(profileFields.aws),
      bySignIn(facts, now, links),
    ]);
    return identitiesFrom([people.get(user) ?? {}, { entra, aws }, linked, byEmail(facts, now)], people);
  };

/** A link counts while its provider is the one of the configuration, for what that provider is still asked. */
const bySignIn = async (
  { person }: PersonFacts,
  { signIn }: IdentitySettings,
  links: IdentitiesDeps["links"],
): Promise<Said> => {
  if (signIn === undefined) return {};
  const link = await links.linkOf(person);
  if (link === undefined || link.issuer !== signIn.issuer) return {};
  return {
    ...(signIn.claims.entra === undefined ? {} : { entra: link.identities.entra }),
    ...(signIn.claims.aws === undefined ? {} : { aws: link.identities.aws }),
  };
};

/** Guests and people from outside bring addresses that others gave them. */
const byEmail = ({ standing, email }: PersonFacts, settings: IdentitySettings): Said =>
  standing === "member" && email !== undefined ? (settings.byEmail.get(email.toLowerCase()) ?? {}) : {};

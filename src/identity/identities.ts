/** Who a person is elsewhere, by every way of linking that the configuration has. */

import { type Directory, NOBODY_ELSEWHERE, type PersonFacts } from "../access/person.ts";
import type { IdentitySettings, SignInSettings } from "./identity-settings.ts";
import { identitiesFrom, type Said } from "./known.ts";
import type { Link, Links } from "./links.ts";

interface IdentitiesDeps {
  /** As they count now. `undefined`: nobody is anybody elsewhere. */
  readonly settings: () => IdentitySettings | undefined;
  /** `undefined`: empty, or a field that people may write themselves. Throws a `Fault` when Slack can't be asked. */
  readonly profile: { readonly read: (user: string, field: string) => Promise<string | undefined> };
  readonly links: Pick<Links, "linkOf" | "formerOf">;
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
    const [entra, aws, { linked, formerly }] = await Promise.all([
      field(profileFields.entra),
      field(profileFields.aws),
      bySignIn(facts, now, links),
    ]);
    return identitiesFrom([people.get(user) ?? {}, { entra, aws }, linked, byEmail(facts, now)], people, formerly);
  };

const bySignIn = async (
  { person }: PersonFacts,
  { signIn }: IdentitySettings,
  links: IdentitiesDeps["links"],
): Promise<{ readonly linked: Said; readonly formerly: readonly Said[] }> => {
  if (signIn === undefined) return { linked: {}, formerly: [] };
  const [link, former] = await Promise.all([links.linkOf(person), links.formerOf(person)]);
  return {
    linked: link === undefined ? {} : saidBy(link, signIn),
    formerly: former.map((each) => saidBy(each, signIn)),
  };
};

/** A link counts while its provider is the one of the configuration, for what that provider is still asked. */
const saidBy = ({ issuer, identities }: Link, { issuer: asked, claims }: SignInSettings): Said =>
  issuer === asked
    ? {
        ...(claims.entra === undefined ? {} : { entra: identities.entra }),
        ...(claims.aws === undefined ? {} : { aws: identities.aws }),
      }
    : {};

/** Guests and people from outside bring addresses that others gave them. */
const byEmail = ({ standing, email }: PersonFacts, settings: IdentitySettings): Said =>
  standing === "member" && email !== undefined ? (settings.byEmail.get(email.toLowerCase()) ?? {}) : {};

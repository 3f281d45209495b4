/** Who people are outside Slack, as the file says it. */

import type { IdentitySettings, PersonSettings, WrittenIdentities } from "../identity/identity-settings.ts";
import type { Complain } from "./fields.ts";
import type { FileContent } from "./schema.ts";

/** Two people of Slack may be linked to the same: one human with two accounts. */
export const identitySettings = ({ identities }: FileContent, complain: Complain): IdentitySettings => {
  const byEmail = Object.entries(identities?.linkByEmailAlthoughItMayChangeHands ?? {});
  const addresses = byEmail.map(([email]) => email.toLowerCase());
  const twice = byEmail.findLast(([email], index) => addresses.indexOf(email.toLowerCase()) !== index);
  if (twice !== undefined)
    complain(
      ["identities", "linkByEmailAlthoughItMayChangeHands", twice[0]],
      "this address is there twice; case makes no difference",
    );
  const { signIn } = identities ?? {};
  if (signIn !== undefined && Object.keys(signIn.claims).length === 0)
    complain(
      ["identities", "signIn", "claims"],
      "names no claim; write which claim is which identity, like { entra: oid }",
    );
  return {
    people: new Map(
      Object.entries(identities?.people ?? {}).map(([user, person]): [string, PersonSettings] => [
        user,
        {
          ...writtenIdentities(person),
          ...(person.pagerduty === undefined ? {} : { pagerduty: person.pagerduty }),
          ...(person.opsgenie === undefined ? {} : { opsgenie: person.opsgenie }),
        },
      ]),
    ),
    profileFields: given(identities?.profileFields ?? {}),
    signIn: signIn && { ...signIn, claims: given(signIn.claims) },
    byEmail: new Map(byEmail.map(([email, written]) => [email.toLowerCase(), writtenIdentities(written)])),
  };
};

const writtenIdentities = (written: {
  readonly entra?: string | undefined;
  readonly aws?: readonly string[] | undefined;
}): WrittenIdentities => ({
  ...(written.entra === undefined ? {} : { entra: written.entra }),
  aws: written.aws ?? [],
});

/** Without what is `undefined`. */
const given = <K extends string>(
  values: Readonly<Partial<Record<K, string | undefined>>>,
): Partial<Record<K, string>> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Record<K, string>>;

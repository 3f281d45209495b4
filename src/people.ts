/** Who people are: in Slack, elsewhere, and on call. Built once, and by the configuration that counts at each question. */

import type { Logger } from "pino";
import { randomId } from "./access/identifier.ts";
import { type PersonFacts, scheduleKey } from "./access/person.ts";
import { createSignedSecrets } from "./access/signed-secret.ts";
import type { Clock } from "./access/time.ts";
import type { CurrentConfig } from "./config/current-config.ts";
import type { Settings } from "./config/environment.ts";
import { createOpenIdSignIn } from "./http/openid-sign-in.ts";
import { createIdentities } from "./identity/identities.ts";
import { createLinking, type Linking } from "./identity/linking.ts";
import type { Link } from "./identity/links.ts";
import { createVisiting, type Visiting } from "./identity/visiting.ts";
import { createOnCall, type OnCallDeps } from "./on-call/on-call.ts";
import { problemOf } from "./operator-log.ts";
import type { Memory } from "./redis/memory.ts";
import type { SlackApp } from "./slack/app.ts";
import { createDirectory, type OwnWorkspace, type SlackDirectory } from "./slack/directory.ts";
import { createProfileFields } from "./slack/profile-fields.ts";

export interface People {
  readonly directory: SlackDirectory;
  readonly linking: Linking;
  /** The page where they sign in; absent where nobody reaches us. */
  readonly visiting: Visiting | undefined;
}

interface PeopleDeps {
  readonly settings: Pick<Settings, "publicUrl" | "openIdClientSecret" | "slack" | "onCallTokens">;
  readonly current: Pick<CurrentConfig, "config">;
  readonly memory: Pick<Memory, "links" | "auditLog">;
  readonly client: SlackApp["client"];
  readonly home: () => Promise<OwnWorkspace>;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn">;
}

export const openPeople = ({ settings, current, clock, log, memory, client, home }: PeopleDeps): People => {
  const { config } = current;
  const { publicUrl } = settings;
  const identitySettings = () => config().identities;
  const profile = createProfileFields({
    client,
    clock,
    distrusted: (field, because) => log.warn({ field, because }, "a profile field says nothing about who people are"),
  });
  const identitiesBy = (links: Pick<Memory["links"], "linkOf" | "formerOf">) =>
    createIdentities({ settings: identitySettings, profile, links });
  const directory = createDirectory({
    client,
    clock,
    home,
    identities: identitiesBy(memory.links),
    profile,
    managerField: () => config().identities.profileFields.manager,
    onCall: createOnCall({
      ...onCallServices(current, settings),
      slackUserOf: (service, id) =>
        [...config().identities.people].find(([, elsewhere]) => elsewhere[service] === id)?.[0],
      clock,
      failed: (schedule, error) =>
        log.warn({ schedule: scheduleKey(schedule), ...problemOf(error) }, "a schedule doesn't say who is on call"),
    }),
  });
  const linkingDeps = {
    settings: identitySettings,
    publicUrl,
    directory,
    identitiesWith: (facts: PersonFacts, link: Link) =>
      identitiesBy({ linkOf: async () => link, formerOf: async () => [] })(facts),
    links: memory.links,
    secrets: createSignedSecrets(settings.slack.botToken, `link ${config().installation}`),
    auditLog: memory.auditLog,
    clock,
    newId: randomId,
  };
  const visiting =
    publicUrl === undefined
      ? undefined
      : createVisiting({
          ...linkingDeps,
          publicUrl,
          signIn: createOpenIdSignIn({ clientSecret: settings.openIdClientSecret, clock }),
          disbelieved: (problem) => log.warn({ problem }, "a sign-in isn't believed"),
        });
  return { directory, linking: createLinking(linkingDeps), visiting };
};

/** A service without a token can't be asked, and its schedules don't say who is on call. */
const onCallServices = (
  { config }: Pick<CurrentConfig, "config">,
  { onCallTokens }: Pick<Settings, "onCallTokens">,
): Pick<OnCallDeps, "pagerduty" | "opsgenie"> => {
  const service = (name: "pagerduty" | "opsgenie") => {
    const address = config().onCall[name]?.address;
    const token = onCallTokens[name];
    return address === undefined || token === undefined ? undefined : { address, token };
  };
  return { pagerduty: service("pagerduty"), opsgenie: service("opsgenie") };
};

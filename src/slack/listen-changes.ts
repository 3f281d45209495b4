/** What Slack tells of people and groups that change, so that nobody is judged by who they were. */

import type { App } from "@slack/bolt";

interface ChangeDeps {
  readonly forget: (user: string) => void;
  readonly forgetGroup: (group: string) => void;
  /** Somebody types or clicks: from here on they and all others are asked about anew. */
  readonly startAnew: () => void;
  /** What they may do may be another now: of somebody, or of all in a group. Whatever it does, Slack isn't kept waiting for it. */
  readonly changed: (user: string) => void;
}

/**
 * Slack may tell late, twice, or (where an older manifest is installed) never; and with several replicas it tells one of them. So an event only makes
 * things known sooner: whoever acts is asked about anew all the same.
 * https://docs.slack.dev/reference/events/user_change, user_profile_changed, subteam_updated, subteam_members_changed
 */
export const listenForChanges = (app: App, deps: ChangeDeps): void => {
  app.use(async ({ body, next }) => {
    // A letter typed into a menu asks for a list; nothing is decided by it, and there are many.
    if (!("event" in body) && body.type !== "block_suggestion") deps.startAnew();
    await next();
  });

  const ofPerson = (user: string): void => {
    deps.forget(user);
    deps.changed(user);
  };
  app.event("user_change", async ({ event }) => ofPerson(event.user.id));
  app.event("user_profile_changed", async ({ event }) => ofPerson(event.user.id));

  // Also says that a group was disabled. Names at most 500 members, and none of those who just left.
  app.event("subteam_updated", async ({ event: { subteam } }) => {
    deps.forgetGroup(subteam.id);
    for (const user of new Set(subteam.users)) deps.changed(user);
  });
  app.event("subteam_members_changed", async ({ event }) => {
    deps.forgetGroup(event.subteam_id);
    for (const user of new Set([...(event.added_users ?? []), ...(event.removed_users ?? [])])) deps.changed(user);
  });
};

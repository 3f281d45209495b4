/** Everyone's Home: what it is drawn from, and whose are looked at. */

import { type DurationMs, type EpochMs, later } from "./access/time.ts";
import type { DeliverDeps } from "./notices/deliver.ts";
import { REMEMBERED_FOR } from "./notices/homes.ts";
import type { Parts } from "./parts.ts";
import { OVERDUE_AFTER } from "./reconcile/tell-overdue.ts";
import { createHomePublisher, type PublishHome } from "./slack/home/publisher.ts";
import { unreadClouds } from "./workflow/fresh-machine.ts";
import { createOverview } from "./workflow/overview.ts";

/** `lastBeatAt`: of this process. */
export const homePublisher = (
  { clock, current, machines, memory, people, slack, workflow }: Parts,
  lastBeatAt: () => EpochMs | undefined,
): PublishHome =>
  createHomePublisher({
    client: slack.client,
    clock,
    homes: memory.homes,
    zone: () => current.config().timezone,
    offersLinking: () => people.visiting !== undefined && current.config().identities.signIn !== undefined,
    overview: createOverview({
      ...workflow,
      postures: memory.postures,
      overdueAfter: OVERDUE_AFTER,
      health: async () => ({
        lastBeatAt: lastBeatAt(),
        unread: unreadClouds(machines, clock.now()),
        due: await memory.due(clock.now()),
      }),
    }),
  });

export const homesLookedAt =
  ({ memory, clock }: Parts): DeliverDeps["homes"] =>
  () =>
    memory.homes.since(later(clock.now(), -REMEMBERED_FOR as DurationMs));

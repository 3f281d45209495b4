/** Draws somebody's Home as things are now, and gives it to Slack. */

import type { webApi } from "@slack/bolt";
import type { HomeView } from "@slack/types";
import { Fault } from "../../access/fault.ts";
import { isRefusal } from "../../access/refusal.ts";
import { type Clock, earliest } from "../../access/time.ts";
import type { Homes } from "../../notices/homes.ts";
import type { AskOverview } from "../../workflow/overview.ts";
import { lines } from "../blocks.ts";
import { refusalsText } from "../refusal-text.ts";
import { slackErrorCode, slackFault } from "../slack-fault.ts";
import { drawHome, drawNoHome } from "./view.ts";

interface HomePublisherDeps {
  readonly client: webApi.WebClient;
  readonly overview: AskOverview;
  readonly homes: Pick<Homes, "drawn">;
  readonly clock: Clock;
  readonly zone: () => string;
  readonly offersLinking: () => boolean;
}

/** Throws a `Fault`: `retry: "never"` where Slack shows no Home of ours. */
export type PublishHome = (user: string) => Promise<void>;

export const createHomePublisher = (deps: HomePublisherDeps): PublishHome => {
  const { client, overview, homes, clock } = deps;

  const draw = async (user: string): Promise<HomeView> => {
    const found = await overview(user);
    const at = { now: clock.now(), zone: deps.zone() };
    if (isRefusal(found)) {
      await homes.drawn(user, { at: at.now, answers: false, showsAll: false });
      const text = refusalsText([found], { ...at, offersLinking: deps.offersLinking() });
      return drawNoHome({ text, blocks: lines(text.split("\n")) });
    }
    const { open, pending, awaiting } = found;
    const nextEndAt = earliest(
      ...[...open, ...(found.all?.open ?? [])].map(({ expiresAt }) => expiresAt).filter((end) => end > at.now),
      ...[...pending, ...awaiting.requests.map(({ request }) => request)].map(({ answerBy }) => answerBy),
    );
    await homes.drawn(user, {
      at: at.now,
      answers: found.answers,
      showsAll: found.all !== undefined,
      ...(nextEndAt === undefined ? {} : { nextEndAt }),
    });
    return drawHome(found, at);
  };

  return async (user) => {
    const view = await draw(user);
    try {
      await client.views.publish({ user_id: user, view });
    } catch (error) {
      const code = slackErrorCode(error);
      if (code !== undefined && OF_THIS_HOME.has(code))
        throw new Fault("slack", `cannot publish the Home of \`${user}\`: ${code}`, { retry: "never", cause: error });
      throw slackFault(`publish the Home of \`${user}\``, error);
    }
  };
};

/** Trying again wouldn't help. https://docs.slack.dev/reference/methods/views.publish */
const OF_THIS_HOME: ReadonlySet<string> = new Set([
  "not_enabled",
  "invalid_arguments",
  "invalid_user_id",
  "view_too_large",
  "duplicate_external_id",
  "user_not_found",
]);

/** Which workspace and enterprise are ours. */

import type { webApi } from "@slack/bolt";
import type { OwnWorkspace } from "./directory.ts";
import { slackFault } from "./slack-fault.ts";

/** Asked of Slack until it has answered once; a token never changes its team. Throws a `Fault` while Slack can't be asked. */
export const createOwnWorkspace = (client: webApi.WebClient): (() => Promise<OwnWorkspace>) => {
  let known: Promise<OwnWorkspace> | undefined;
  const ask = async (): Promise<OwnWorkspace> => {
    try {
      const { team_id: teamId, enterprise_id: enterpriseId } = await client.auth.test();
      if (teamId === undefined) throw new Error("auth.test named no team");
      return { teamId, enterpriseId: enterpriseId ?? undefined };
    } catch (error) {
      throw slackFault("ask Slack who we are", error);
    }
  };
  return () => {
    known ??= ask().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
};

/** Asks PagerDuty who is on call in a schedule: https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls */

import { isoSeconds } from "../access/time.ts";
import { asId, asList, asObject, getJson, malformed, type OnCallQuestion, urlOf } from "./get-json.ts";

/** PagerDuty's ids of users, each once. Somebody who is on call by another schedule of the same escalation policy, or by none, is not among them. */
export const askPagerDuty = async ({
  token,
  address,
  schedule,
  at,
  signal,
}: OnCallQuestion): Promise<readonly string[]> => {
  const doing = `ask PagerDuty who is on call in \`${schedule}\``;
  const headers = { accept: "application/vnd.pagerduty+json;version=2", authorization: `Token token=${token}` };
  const users = new Set<string>();
  let offset = 0;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const url = urlOf(address, "/oncalls");
    url.searchParams.append("schedule_ids[]", schedule);
    url.searchParams.append("since", isoSeconds(at));
    url.searchParams.append("until", isoSeconds(at));
    url.searchParams.append("limit", String(PAGE));
    url.searchParams.append("offset", String(offset));
    const { oncalls, more } = await getJson(doing, url, headers, signal);
    const listed = asList(oncalls);
    if (listed === undefined) throw malformed(doing);
    for (const each of listed) {
      const entry = asObject(each);
      const user = asId(asObject(entry?.user)?.id);
      if (asObject(entry?.schedule)?.id === schedule && user !== undefined) users.add(user);
    }
    if (more !== true) return [...users];
    if (listed.length === 0) throw malformed(doing);
    offset += listed.length;
  }
  throw new Error(`cannot ${doing}: more than ${MOST_PAGES * PAGE} entries`);
};

/** The most that it gives at once: https://developer.pagerduty.com/docs/pagination */
const PAGE = 100;
const MOST_PAGES = 20;

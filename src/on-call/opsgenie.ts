/** Asks Opsgenie who is on call in a schedule: https://docs.opsgenie.com/docs/who-is-on-call-api */

import { asId, asList, asObject, getJson, malformed, type OnCallQuestion, urlOf } from "./get-json.ts";

/** Opsgenie's ids of users, each once: those in the rotation itself, and those of the teams and escalations that stand in it. */
export const askOpsgenie = async ({ token, address, schedule, signal }: OnCallQuestion): Promise<readonly string[]> => {
  const doing = `ask Opsgenie who is on call in \`${schedule}\``;
  const url = urlOf(address, `/v2/schedules/${encodeURIComponent(schedule)}/on-calls`);
  url.searchParams.append("scheduleIdentifierType", "id");
  url.searchParams.append("flat", "false");
  const { data } = await getJson(doing, url, { authorization: `GenieKey ${token}` }, signal);
  const participants = asList(asObject(data)?.onCallParticipants);
  if (participants === undefined) throw malformed(doing);
  return [...new Set(participants.flatMap(usersIn))];
};

/** `{ type: "team", onCallParticipants: [{ type: "user", id: … }, …] }`, to any depth. */
const usersIn = (participant: unknown): readonly string[] => {
  const { type, id, onCallParticipants } = asObject(participant) ?? {};
  if (type === "user") return [asId(id) ?? []].flat();
  return (asList(onCallParticipants) ?? []).flatMap(usersIn);
};

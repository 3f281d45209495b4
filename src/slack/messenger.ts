/** Notices as Slack messages: drawn, posted, changed, and found again. */

import type { webApi } from "@slack/bolt";
import type { KnownBlock } from "@slack/types";
import { Fault } from "../access/fault.ts";
import type { GrantId, RequestId } from "../access/identifier.ts";
import type { Clock } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { Ledger } from "../grants/ledger.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { HomeNotice } from "../notices/homes.ts";
import type { Messenger } from "../notices/messenger.ts";
import type { Card, Notice } from "../notices/notice.ts";
import type { SentRef } from "../notices/outbox.ts";
import type { CardFactsOf } from "../workflow/card-facts.ts";
import type { Drawn } from "./blocks.ts";
import { type CardFacts, drawCard } from "./card/card.ts";
import { drawDirectCard } from "./card/direct.ts";
import type { PublishHome } from "./home/publisher.ts";
import { drawMessage } from "./messages.ts";
import type { SecurityContact } from "./security-words.ts";
import { postFault, slackErrorCode, slackFault } from "./slack-fault.ts";

interface MessengerDeps {
  readonly client: webApi.WebClient;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly zone: () => string;
  readonly cardFacts: CardFactsOf;
  readonly publishHome: PublishHome;
  /** There is a page that sees where people are. */
  readonly hasAddressPage?: boolean;
  readonly security?: () => SecurityContact | undefined;
}

export const createMessenger = ({
  client,
  ledger,
  clock,
  zone,
  cardFacts,
  publishHome,
  hasAddressPage = false,
  security = () => undefined,
}: MessengerDeps): Messenger => {
  const draw = async (notice: Exclude<Notice, HomeNotice>): Promise<Drawn> => {
    const now = clock.now();
    const drawn =
      notice.kind === "card"
        ? drawnFor(notice, { ...(await storedFor(notice.requestId)), now, zone: zone() })
        : drawMessage(notice, {
            ...(await storedOf(notice.event)),
            now,
            zone: zone(),
            hasAddressPage,
            security: security(),
          });
    if (drawn === undefined) throw new Fault("slack", `nothing is left to say of ${notice.kind}`, { retry: "never" });
    return drawn;
  };

  const storedFor = async (id: RequestId) => {
    const request = await ledger.request(id);
    const grant = await ledger.grant(id as string as GrantId);
    return { request, grant, ...(request?.state.kind === "pending" ? { deciding: await cardFacts(request) } : {}) };
  };

  const storedOf = async (event: AuditEvent) => {
    const request = await requestOf(event);
    return { request, grant: await grantOf(event, request) };
  };

  const grantOf = async (event: object, request: AccessRequest | undefined) => {
    const id = "grantId" in event ? (event.grantId as GrantId) : request?.extends;
    return id === undefined ? undefined : ledger.grant(id);
  };

  const requestOf = (event: AuditEvent) =>
    SAID_OF_A_REQUEST.has(event.kind) && "requestId" in event && event.requestId !== undefined
      ? ledger.request(event.requestId)
      : Promise.resolve(undefined);

  const post: Messenger["post"] = async (destination, id, notice) => {
    if (notice.kind === "home") {
      await publishHome(notice.user);
      return { channel: destination, ts: "" };
    }
    const { text, blocks } = await draw(notice);
    try {
      const answer = await client.chat.postMessage({
        channel: destination,
        text,
        blocks: blocks as KnownBlock[],
        unfurl_links: false,
        unfurl_media: false,
        metadata: {
          event_type: MARK,
          event_payload: { id },
        },
      });
      return { channel: answer.channel ?? destination, ts: answer.ts ?? "" };
    } catch (error) {
      throw postFault(`post to \`${destination}\``, error);
    }
  };

  const update: Messenger["update"] = async (ref, id, notice) => {
    if (notice.kind === "home") return publishHome(notice.user);
    const { text, blocks } = await draw(notice);
    try {
      const metadata = { event_type: MARK, event_payload: { id } };
      await client.chat.update({ channel: ref.channel, ts: ref.ts, text, blocks: blocks as KnownBlock[], metadata });
    } catch (error) {
      throw slackFault(`change a message in \`${ref.channel}\``, error);
    }
  };

  const find: Messenger["find"] = async (destination, id, since) => {
    try {
      const channel = /^[UW]/u.test(destination)
        ? (await client.conversations.open({ users: destination })).channel?.id
        : destination;
      if (channel === undefined) return undefined;
      return await search(channel, id, since);
    } catch (error) {
      // Without the permission to look, saying it twice is better than not saying it.
      if (["missing_scope", "unknown_method", "not_allowed_token_type"].includes(slackErrorCode(error) ?? ""))
        return undefined;
      throw slackFault(`look for a message in \`${destination}\``, error);
    }
  };

  const search = async (channel: string, id: string, since: number): Promise<SentRef | undefined> => {
    let cursor: string | undefined;
    do {
      const page = await client.conversations.history({
        channel,
        oldest: (since / 1e3).toFixed(6),
        include_all_metadata: true,
        limit: 100,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const found = page.messages?.find(({ metadata }) => metadata?.event_type === MARK && payloadId(metadata) === id);
      if (found?.ts !== undefined) return { channel, ts: found.ts };
      cursor = page.response_metadata?.next_cursor || undefined;
    } while (cursor !== undefined);
    return undefined;
  };

  return { post, update, find };
};

/** Of these the message says, or offers, what only the request knows: whom to remind, whether it was for a longer access. */
const SAID_OF_A_REQUEST: ReadonlySet<AuditEvent["kind"]> = new Set([
  "break-glass.unreviewed",
  "request.reminded",
  "request.denied",
  "request.lapsed",
  "address.seen",
]);

const drawnFor = ({ to }: Card, facts: CardFacts): Drawn | undefined =>
  to === undefined ? drawCard(facts) : drawDirectCard(to, facts);

const payloadId = (metadata: { readonly event_payload?: object }): unknown =>
  metadata.event_payload !== undefined && "id" in metadata.event_payload ? metadata.event_payload.id : undefined;

/** Marks a message as ours, with the notice's id in its payload. https://docs.slack.dev/messaging/message-metadata */
const MARK = "latch_notice";

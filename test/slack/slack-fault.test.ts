import { webApi } from "@slack/bolt";
import { describe, expect, test } from "vitest";
import { postFault, slackErrorCode, slackFault } from "../../src/slack/slack-fault.ts";

const platformError = (error: string): Error => new webApi.WebAPIPlatformError({ ok: false, error });

describe("what a failed call of Slack means", () => {
  test.each(["invalid_blocks", "msg_too_long", "message_not_found", "cant_update_message", "user_not_found"])(
    "%s lies in this message: never",
    (error) => {
      expect(slackFault("post", platformError(error))).toMatchObject({ code: "slack", retry: "never" });
    },
  );

  test.each(["channel_not_found", "not_in_channel", "is_archived", "invalid_auth", "internal_error", "ratelimited"])(
    "%s may pass: later",
    (error) => {
      expect(slackFault("post", platformError(error))).toMatchObject({ code: "slack", retry: "later" });
    },
  );

  test("a rate limit says how long to wait", () => {
    const limited = new webApi.WebAPIRateLimitedError(30);
    expect(slackFault("post", limited)).toMatchObject({ retry: "later", afterMs: 30_000 });
  });

  test("no answer may pass, and so may whatever else", () => {
    expect(slackFault("post to `C0ACCESS`", new Error("socket hang up"))).toMatchObject({
      retry: "later",
      message: "cannot post to `C0ACCESS`: socket hang up",
    });
    expect(slackFault("post", "odd").retry).toBe("later");
  });

  test("a post without an answer in time is looked for only when Slack has had time for it", () => {
    const timeout = new webApi.WebAPIRequestError(new DOMException("too long", "TimeoutError"));
    expect(postFault("post", timeout)).toMatchObject({ retry: "later", afterMs: 10_000, unanswered: true });
    expect(postFault("post", new webApi.WebAPIRequestError(new Error("refused")))).toMatchObject({
      retry: "later",
      afterMs: undefined,
    });
    expect(postFault("post", platformError("no_text"))).toMatchObject({ retry: "never" });
  });

  test("only a refusal of Slack's has its code", () => {
    expect(slackErrorCode(platformError("no_text"))).toBe("no_text");
    expect(slackErrorCode(new Error("no_text"))).toBeUndefined();
  });
});

import { EC2ServiceException } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { Fault } from "../../../src/access/fault.ts";
import { isMissing, toFault } from "../../../src/cloud/aws/aws-fault.ts";

const answer = (name: string, httpStatusCode: number, headers: Record<string, string> = {}): EC2ServiceException =>
  Object.assign(new EC2ServiceException({ name, $fault: "client", $metadata: { httpStatusCode } }), {
    $response: { statusCode: httpStatusCode, headers },
  });

describe("a failure of EC2", () => {
  test("says what couldn't be done and EC2's word for it", () => {
    expect(toFault(answer("RequestLimitExceeded", 503), "revoke rules of `latch-acme-eni-0a1`").message).toBe(
      "cannot revoke rules of `latch-acme-eni-0a1`: RequestLimitExceeded",
    );
  });

  test.each([
    ["RequestLimitExceeded", 503],
    ["RequestLimitExceeded", 400],
    ["ThrottlingException", 400],
    ["Unavailable", 503],
    ["InternalError", 500],
    ["InvalidPermission.Duplicate", 400],
    ["InvalidGroup.Duplicate", 400],
    ["InvalidGroup.NotFound", 400],
    ["InvalidSecurityGroupRuleId.NotFound", 400],
    ["DependencyViolation", 400],
    ["ExpiredToken", 400],
  ])("%s (%d) may work later", (name, status) => {
    expect(toFault(answer(name, status), "do it")).toMatchObject({ code: "aws", retry: "later" });
  });

  test.each([
    ["UnauthorizedOperation", 403],
    ["AuthFailure", 401],
    ["InvalidParameterValue", 400],
    ["InvalidGroupId.Malformed", 400],
    ["OptInRequired", 401],
  ])("%s (%d) won't work by itself", (name, status) => {
    expect(toFault(answer(name, status), "do it")).toMatchObject({ code: "aws", retry: "never" });
  });

  test.each(["RulesPerSecurityGroupLimitExceeded", "SecurityGroupsPerInterfaceLimitExceeded", "TagLimitExceeded"])(
    "%s is a matter of room",
    (name) => {
      expect(toFault(answer(name, 400), "do it")).toMatchObject({ code: "quota", retry: "never" });
    },
  );

  test("without an answer may work later", () => {
    const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    expect(toFault(refused, "read `eni-0a1`")).toMatchObject({
      retry: "later",
      message: "cannot read `eni-0a1`: ECONNREFUSED",
    });
    expect(toFault(AbortSignal.abort().reason, "read")).toMatchObject({ retry: "later" });
  });

  test("hands on how long EC2 asked us to wait", () => {
    expect(toFault(answer("Unavailable", 503, { "retry-after": "7" }), "do it").afterMs).toBe(7_000);
    expect(toFault(answer("Unavailable", 503), "do it").afterMs).toBeUndefined();
  });

  test("that is a fault already stays as it is", () => {
    const lost = new Fault("lease-lost", "another worker has `eni-0a1`", { retry: "later" });
    expect(toFault(lost, "do it")).toBe(lost);
  });

  test("says which thing is missing, also once it is a fault", () => {
    const fault = toFault(answer("InvalidGroup.NotFound", 400), "do it");
    expect(isMissing(fault, "group")).toBe(true);
    expect(isMissing(fault, "rule")).toBe(false);
    expect(isMissing(answer("InvalidNetworkInterfaceID.NotFound", 400), "interface")).toBe(true);
  });
});

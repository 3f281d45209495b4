/** Answers one EC2 call: who asks, may they, how often, and then the action itself. */

import { randomUUID } from "node:crypto";

import { ACTIONS } from "./actions.ts";
import { authenticate, type Caller, type SignedRequest } from "./authorization.ts";
import type { Limits } from "./call.ts";
import { Ec2Error, refusal } from "./error.ts";
import { fits } from "./filter.ts";
import { type Params, readParams } from "./params.ts";
import { copyOf, type Ec2State } from "./state.ts";
import type { BucketName } from "./throttle.ts";
import type { AccountSpec } from "./world.ts";
import { answerXml, errorXml } from "./xml.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** `ok`, or the error's code. */
  readonly result: string;
  readonly caller: Caller | undefined;
}

export interface AnswerDeps {
  readonly state: Ec2State;
  readonly accounts: readonly AccountSpec[];
  readonly limits: Limits;
  readonly takeToken: (owner: string, bucket: BucketName, now: number) => boolean;
  /** Action patterns denied to a key just now, beside those of the world. */
  readonly denied: (keyId: string) => readonly string[];
}

/** The parameters of a query, from its form or its URL. */
export const paramsOf = ({ url, body }: SignedRequest): Params => {
  const query = url.split("?")[1] ?? "";
  return readParams(new Map([...new URLSearchParams(query), ...new URLSearchParams(body)]));
};

const ID_NAMES = [
  "GroupId",
  "NetworkInterfaceId",
  "InstanceId",
  "ResourceId",
  "SecurityGroupRuleId",
  "PrefixListId",
  "VpcId",
];

/** `RevokeSecurityGroupIngress sg-0a1`: the action and the first resource it names, in a filter at last. */
export const callNameOf = (params: Params): string => {
  const ids = ID_NAMES.flatMap((name) => [params.text(name) ?? [], params.texts(name)].flat());
  const inFilters = params
    .parts("Filter")
    .flatMap((filter) => filter.texts("Value").filter((value) => /^[a-z]+-[^*?]+$/u.test(value)));
  return [params.text("Action") ?? "", ids[0] ?? inFilters[0] ?? []].flat().join(" ");
};

/** With `lie`, everything is judged and answered as ever, on a copy that is thrown away. */
export const answerCall = (deps: AnswerDeps, request: SignedRequest, now: number, lie = false): Answer => {
  const requestId = randomUUID();
  let caller: Caller | undefined;
  try {
    const params = paramsOf(request);
    caller = authenticate(request, deps.accounts, deps.limits.regions);
    const { account, region, key } = caller;
    const action = params.required("Action");
    const known = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (known === undefined) throw refusal("InvalidAction", `The action ${action} is not valid for this web service.`);
    if (params.text("Version") !== "2016-11-15") {
      throw refusal(
        "InvalidAction",
        `The action ${action} is not valid for version ${params.text("Version") ?? "none"}.`,
      );
    }
    if (!deps.takeToken(`${account} ${region}`, known.bucket, now)) throw requestLimitExceeded();
    if (
      [...(key.denied ?? []), ...deps.denied(key.id)].some((pattern) => fits(pattern.replace(/^ec2:/u, ""), action))
    ) {
      throw refusal(
        "UnauthorizedOperation",
        `You are not authorized to perform this operation. User: ${key.id} is not authorized to perform: ec2:${action}`,
      );
    }
    const isDry = params.flag("DryRun");
    const state = isDry || lie ? copyOf(deps.state) : deps.state;
    const content = known.run({ params, account, region, now, state, limits: deps.limits });
    if (isDry) throw refusal("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
    return { status: 200, body: answerXml(action, requestId, content), result: "ok", caller };
  } catch (error) {
    if (!(error instanceof Ec2Error)) throw error;
    return { status: error.status, body: errorXml(error.code, error.message, requestId), result: error.code, caller };
  }
};

export const requestLimitExceeded = (): Ec2Error => refusal("RequestLimitExceeded", "Request limit exceeded.");

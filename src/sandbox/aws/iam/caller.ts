/** Who calls IAM: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */

import { isSignedBy, type SignedRequest } from "../authorization.ts";
import type { AccessKeySpec, AccountSpec } from "../world.ts";
import { IamError } from "./error.ts";

export interface IamCaller {
  readonly account: string;
  readonly key: AccessKeySpec;
}

/** The signature itself is checked for keys whose secret the world knows. */
export const authenticate = (request: SignedRequest, accounts: readonly AccountSpec[]): IamCaller => {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    throw new IamError("MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  const [, keyId, date = "", region = "", signedHeaders = "", signature = ""] = HEADER.exec(authorization) ?? [];
  if (keyId === undefined || request.headers["x-amz-date"]?.slice(0, 8) !== date) {
    throw new IamError("SignatureDoesNotMatch", "Credential should be scoped to correct service: 'iam'.");
  }
  for (const { id: account, keys } of accounts) {
    const key = keys.find(({ id }) => id === keyId);
    if (key === undefined) continue;
    const claim = { date, region, service: "iam", signedHeaders, signature };
    if (key.secret !== undefined && !isSignedBy(key.secret, request, claim)) {
      throw new IamError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
      );
    }
    return { account, key };
  }
  throw new IamError("InvalidClientTokenId", "The security token included in the request is invalid.");
};

// Any region: IAM is one for all of them, and the SDK signs for the client's own where the endpoint isn't AWS's.
const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)\/(\d{8})\/([a-z0-9-]+)\/iam\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/u;

/** Who signed a request, by AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { refusal } from "./error.ts";
import type { AccessKeySpec, AccountSpec } from "./world.ts";

export interface Caller {
  readonly account: string;
  readonly region: string;
  readonly key: AccessKeySpec;
}

export interface SignedRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Throws `AuthFailure`. The signature itself is checked for keys whose secret the world knows. */
export const authenticate = (
  request: SignedRequest,
  accounts: readonly AccountSpec[],
  regions: readonly string[],
): Caller => {
  const parts = HEADER.exec(request.headers.authorization ?? "");
  if (parts === null) throw authFailure();
  const [, keyId = "", date = "", region = "", signedHeaders = "", signature = ""] = parts;
  if (request.headers["x-amz-date"]?.slice(0, 8) !== date || !regions.includes(region)) throw authFailure();
  for (const { id: account, keys } of accounts) {
    const key = keys.find(({ id }) => id === keyId);
    if (key === undefined) continue;
    if (
      key.secret !== undefined &&
      !isSignedBy(key.secret, request, { date, region, service: "ec2", signedHeaders, signature })
    )
      throw authFailure();
    return { account, region, key };
  }
  throw authFailure();
};

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)\/(\d{8})\/([a-z0-9-]+)\/ec2\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/u;

const authFailure = () => refusal("AuthFailure", "AWS was not able to validate the provided access credentials");

export interface Claim {
  readonly date: string;
  readonly region: string;
  /** `ec2` */
  readonly service: string;
  readonly signedHeaders: string;
  readonly signature: string;
}

export const isSignedBy = (
  secret: string,
  request: SignedRequest,
  { date, region, service, signedHeaders, signature }: Claim,
): boolean => {
  const [path = "/", query = ""] = request.url.split("?");
  const headers = signedHeaders.split(";").map((name) => `${name}:${headerText(request.headers[name])}\n`);
  const canonical = [
    request.method,
    path,
    query.split("&").toSorted().join("&"),
    headers.join(""),
    signedHeaders,
    createHash("sha256").update(request.body).digest("hex"),
  ].join("\n");
  const text = [
    "AWS4-HMAC-SHA256",
    headerText(request.headers["x-amz-date"]),
    `${date}/${region}/${service}/aws4_request`,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<Buffer>(
    (made, part) => hmac(made, part),
    Buffer.from(`AWS4${secret}`),
  );
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, "hex"));
};

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

const headerText = (value: string | string[] | undefined): string =>
  [value ?? ""].flat().join(",").trim().replace(/ +/gu, " ");

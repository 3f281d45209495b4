/** Credentials of another account's role, renewed before they run out. */

import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import type { AssumedRole } from "./aws-cloud.ts";
import type { Credentials } from "./ec2.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html tells what the external id is for. */
export const assumeRole = ({ roleArn, externalId, region }: AssumedRole): Credentials =>
  fromTemporaryCredentials({
    params: {
      RoleArn: roleArn,
      RoleSessionName: "latch",
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    },
    clientConfig: { region },
  });

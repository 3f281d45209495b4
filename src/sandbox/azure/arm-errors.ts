/** Answers of the Azure Resource Manager, and the errors among them that aren't about one kind of resource. */

export interface ArmAnswer {
  readonly status: number;
  /** Absent: no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ArmErrorDetail {
  readonly code: string;
  readonly message: string;
}

export const armError = (
  status: number,
  code: string,
  message: string,
  details?: readonly ArmErrorDetail[],
  headers?: Readonly<Record<string, string>>,
): ArmAnswer => ({
  status,
  body: { error: { code, message, ...(details === undefined ? {} : { details }) } },
  ...(headers === undefined ? {} : { headers }),
});

/** Errors of the network provider carry `details`, empty or not. */
export const networkError = (
  status: number,
  code: string,
  message: string,
  details: readonly ArmErrorDetail[] = [],
): ArmAnswer => armError(status, code, message, details);

export const badRequest = (code: string, message: string): ArmAnswer => networkError(400, code, message);

const CHALLENGE = 'Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token"';

export const authenticationFailed = armError(
  401,
  "AuthenticationFailed",
  "Authentication failed. The 'Authorization' header is missing.",
  undefined,
  { "www-authenticate": CHALLENGE },
);

export const invalidToken = armError(401, "InvalidAuthenticationToken", "The access token is invalid.", undefined, {
  "www-authenticate": CHALLENGE,
});

export const missingApiVersion = armError(
  400,
  "MissingApiVersionParameter",
  "The api-version query parameter (?api-version=) is required for all requests.",
);

export const invalidApiVersion = (version: string): ArmAnswer =>
  armError(
    400,
    "InvalidApiVersionParameter",
    `The api-version '${version}' is invalid. The version should be in the format: 'yyyy-MM-dd' or 'yyyy-MM-dd-preview'.`,
  );

export const subscriptionNotFound = (subscription: string): ArmAnswer =>
  armError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);

export const resourceGroupNotFound = (group: string): ArmAnswer =>
  armError(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);

/** `type` with its namespace: `Microsoft.Network/networkSecurityGroups`. */
export const resourceNotFound = (type: string, name: string, group: string): ArmAnswer =>
  armError(
    404,
    "ResourceNotFound",
    `The Resource '${type}/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );

export const parentNotFound = (parent: string): ArmAnswer =>
  armError(
    404,
    "ParentResourceNotFound",
    `Can not perform requested operation on nested resource. Parent resource '${parent}' not found.`,
  );

/** A child of something that exists: a security rule, a subnet. */
export const childNotFound = (id: string): ArmAnswer => networkError(404, "NotFound", `Resource ${id} not found.`);

export const unknownType = (type: string): ArmAnswer =>
  armError(404, "InvalidResourceType", `The resource type '${type}' could not be found in the sandbox.`);

export const methodNotAllowed = (method: string): ArmAnswer =>
  armError(405, "MethodNotAllowed", `The request method '${method}' is not allowed for this resource.`);

export const unreadable: ArmAnswer = networkError(400, "InvalidRequestFormat", "Cannot parse the request.");

export const preconditionFailed = (message: string): ArmAnswer => networkError(412, "PreconditionFailed", message);

/** https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling */
export const throttled = (kind: "read" | "write" | "delete", subscription: string, seconds: number): ArmAnswer =>
  armError(
    429,
    "SubscriptionRequestsThrottled",
    `Number of '${kind}' requests for subscription '${subscription}' actor 'sandbox' exceeded. Please try again after '${seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`,
    undefined,
    { "retry-after": String(seconds) },
  );

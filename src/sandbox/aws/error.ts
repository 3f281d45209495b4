/** EC2's client and server errors: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */

export class Ec2Error extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = "Ec2Error";
    this.code = code;
    this.status = status;
  }
}

/** Everything that isn't listed answers 400. */
const STATUS: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  UnauthorizedOperation: 403,
  DryRunOperation: 412,
  InternalError: 500,
  RequestLimitExceeded: 503,
};

export const refusal = (code: string, message: string): Ec2Error => new Ec2Error(code, message, STATUS[code] ?? 400);

/** The kinds of ids, by their prefix. */
const KINDS = {
  i: ["InvalidInstanceID", "The instance ID"],
  eni: ["InvalidNetworkInterfaceID", "The networkInterface ID"],
  sg: ["InvalidGroup", "The security group"],
  sgr: ["InvalidSecurityGroupRuleId", "The security group rule ID"],
  vpc: ["InvalidVpcID", "The vpc ID"],
  subnet: ["InvalidSubnetID", "The subnet ID"],
  pl: ["InvalidPrefixListID", "The prefix list ID"],
} as const;

export type IdKind = keyof typeof KINDS;

/** `InvalidInstanceID.NotFound` and its like; `.Malformed` when the id can't be one of this kind. */
export const notFound = (kind: IdKind, id: string): Ec2Error => {
  const [code, words] = KINDS[kind];
  if (id.startsWith(`${kind}-`)) return refusal(`${code}.NotFound`, `${words} '${id}' does not exist`);
  return refusal(
    kind === "sg" ? "InvalidGroupId.Malformed" : `${code}.Malformed`,
    `Invalid id: "${id}" (expecting "${kind}-...")`,
  );
};

/** IAM's errors: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and those of `SimulatePrincipalPolicy`. */

const STATUS = {
  AccessDenied: 403,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidInput: 400,
  MissingAuthenticationToken: 403,
  NoSuchEntity: 404,
  PolicyEvaluation: 500,
  ServiceFailure: 500,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
} as const;

export type IamErrorCode = keyof typeof STATUS;

export class IamError extends Error {
  readonly code: IamErrorCode;
  readonly status: number;

  constructor(code: IamErrorCode, message: string) {
    super(message);
    this.name = "IamError";
    this.code = code;
    this.status = STATUS[code];
  }
}

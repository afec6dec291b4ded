/** gRPC status codes, by name. */
export const codes = {
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  FailedPrecondition: 9,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
} as const;

export type CodeName = keyof typeof codes;

/** A call's failure, as the caller is to see it. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: CodeName | number, message: string) {
    super(message);
    this.code = typeof code === 'number' ? code : codes[code];
  }
}

export const notAuthorized = (): RpcError => new RpcError('PermissionDenied', 'not authorized');

/** How Go prints a status: what a node that forwards puts into the answers of the others. */
export function describe(error: RpcError): string {
  const name = Object.entries(codes).find(([, code]) => code === error.code)?.[0] ?? `Code(${error.code})`;
  return `rpc error: code = ${name} desc = ${error.message}`;
}

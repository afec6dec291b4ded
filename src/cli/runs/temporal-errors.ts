import { isGrpcServiceError } from '@temporalio/client';

// Numbers of https://grpc.github.io/grpc/core/md_doc_statuscodes.html
const cancelled = 1;
const deadlineExceeded = 4;
const failedPrecondition = 9;
const unavailable = 14;

/** The gRPC status of what Temporal's client has thrown, however deep it is wrapped. */
function statusOf(error: unknown): number | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth++) {
    if (isGrpcServiceError(current)) return current.code;
  }
  return undefined;
}

/**
 * The server itself does not answer: it is down, starts, hangs, or the address is wrong. Not for
 * calls that a worker answers.
 */
export function isServerAway(error: unknown): boolean {
  const status = statusOf(error);
  return status === unavailable || status === deadlineExceeded;
}

/**
 * The server answers, but no worker did in time: queries and updates need one. Which of the two sides notices first
 * that the time is over decides between the codes.
 */
export function isWorkerAway(error: unknown): boolean {
  const status = statusOf(error);
  return status === cancelled || status === deadlineExceeded || status === failedPrecondition;
}

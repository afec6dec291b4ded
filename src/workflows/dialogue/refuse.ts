import { ApplicationFailure } from '@temporalio/workflow';

/** Refuses a message with a reason for the sender; does nothing without one. */
export function refuse(reason: string | undefined): void {
  if (reason !== undefined) throw ApplicationFailure.create({ type: 'Refused', message: reason, nonRetryable: true });
}

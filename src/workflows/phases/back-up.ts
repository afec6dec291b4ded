import { ApplicationFailure } from '@temporalio/workflow';
import type { FailureType } from '../../run/failure.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { doing } from '../activities.ts';
import type { Run } from '../run.ts';

/**
 * A cluster whose etcd is broken is rebuilt all the same; but not without a person who knows that
 * no snapshot of it is kept.
 */
export async function backUp(run: Run, reference: RunReference, plan: Plan): Promise<void> {
  for (;;) {
    const { missing = [] } = await doing('Save configurations, credentials and etcd').backUp({ run: reference, plan });
    if (missing.length === 0) return;
    const seen = `The old cluster could not be saved whole, nothing was reset. Missing: ${missing.join('; ')}`;
    const error = ApplicationFailure.nonRetryable(seen, 'BackupIncomplete' satisfies FailureType);
    if ((await run.ask({ phase: 'backUp', error, skip: true })) === 'skip') return;
  }
}

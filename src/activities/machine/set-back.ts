import { Failure } from '../../run/failure.ts';
import { hasTouchedMachines } from '../../run/left-behind.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { recordOf } from '../attempt/run-files.ts';

/**
 * Before its first reset a run has touched no machine. One whose own record says otherwise was set back, with
 * Temporal's database or by hand: the machines are further than it knows, and what was approved is not true any more.
 * Fails with `PlanChanged`.
 */
export async function assertNotSetBack(attempt: Attempt): Promise<void> {
  if (!hasTouchedMachines(await recordOf(attempt))) return;
  throw new Failure(
    'PlanChanged',
    'The approval is void: this run has touched machines before, and Temporal does not know it any more, as after its database was set back. ' +
      'Nothing more was sent. Start again: the next run goes on from what the machines show.',
  );
}

import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';

/**
 * The activities, each under a summary that the Web UI shows on its bar:
 * `doing('Look at every machine').checkPreconditions(…)`. Every activity rides out transient trouble itself until its
 * own deadline, which survives restarts; what it throws on purpose is final and opens a gate. So the server's retries
 * are for lost workers only, and have no end of their own.
 */
export function doing(summary: string): ReturnType<typeof proxyActivities<Activities>> {
  return proxyActivities<Activities>({
    summary,
    startToCloseTimeout: '7 days',
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
  });
}

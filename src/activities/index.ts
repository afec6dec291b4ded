import { adoptAmendment } from './plan/adopt-amendment.ts';
import { applyConfiguration } from './machine/apply-configuration.ts';
import { applyInPlace } from './machine/apply-in-place.ts';
import { awaitNewCluster } from './machine/await-new-cluster.ts';
import { backUp } from './cluster/back-up.ts';
import { bootstrapNode } from './cluster/bootstrap-node.ts';
import { checkPreconditions } from './plan/check-preconditions.ts';
import { chooseBootstrapNode } from './cluster/choose-bootstrap-node.ts';
import { collectEvidence } from './report/collect-evidence.ts';
import { confirmApproval } from './plan/confirm-approval.ts';
import { draftAmendment } from './plan/draft-amendment.ts';
import { drillFailover } from './drill/drill-failover.ts';
import { finalize } from './cluster/finalize.ts';
import { generateConfigurations } from './plan/generate-configurations.ts';
import { installPodNetwork } from './cluster/install-pod-network.ts';
import { makePlan } from './plan/make-plan.ts';
import { notify } from './report/notify.ts';
import { openRun } from './plan/open-run.ts';
import { resetNode } from './machine/reset-node.ts';
import { restoreNode } from './machine/restore-node.ts';
import { Sightings } from './attempt/sightings.ts';
import { activity, runlessActivity } from './attempt/attempt.ts';
import { verifyCluster } from './cluster/verify-cluster.ts';
import { MachineLocks } from './attempt/worker-context.ts';
import type { WorkerContext } from './attempt/worker-context.ts';
import { writeReport } from './report/write-report.ts';

/** The activities of one worker, in the order in which a rebuild needs them. */
export function createActivities(context: Omit<WorkerContext, 'locks' | 'sightings'>) {
  const worker: WorkerContext = { ...context, locks: new MachineLocks(), sightings: new Sightings() };
  return {
    openRun: runlessActivity(worker, openRun),
    checkPreconditions: activity(worker, checkPreconditions),
    generateConfigurations: activity(worker, generateConfigurations),
    makePlan: activity(worker, makePlan),
    backUp: activity(worker, backUp),
    confirmApproval: activity(worker, confirmApproval),
    resetNode: activity(worker, resetNode),
    restoreNode: activity(worker, restoreNode),
    applyConfiguration: activity(worker, applyConfiguration),
    awaitNewCluster: activity(worker, awaitNewCluster),
    chooseBootstrapNode: activity(worker, chooseBootstrapNode),
    bootstrapNode: activity(worker, bootstrapNode),
    installPodNetwork: activity(worker, installPodNetwork),
    verifyCluster: activity(worker, verifyCluster),
    drillFailover: activity(worker, drillFailover),
    draftAmendment: activity(worker, draftAmendment),
    adoptAmendment: activity(worker, adoptAmendment),
    applyInPlace: activity(worker, applyInPlace),
    finalize: activity(worker, finalize),
    writeReport: activity(worker, writeReport),
    notify: activity(worker, notify),
    collectEvidence: activity(worker, collectEvidence),
  };
}

export type Activities = ReturnType<typeof createActivities>;

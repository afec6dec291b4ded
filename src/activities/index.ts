import { adoptAmendment } from './adopt-amendment.ts';
import { applyConfiguration } from './apply-configuration.ts';
import { applyInPlace } from './apply-in-place.ts';
import { awaitNewCluster } from './await-new-cluster.ts';
import { backUp } from './back-up.ts';
import { bootstrapNode } from './bootstrap-node.ts';
import { checkPreconditions } from './check-preconditions.ts';
import { chooseBootstrapNode } from './choose-bootstrap-node.ts';
import { collectEvidence } from './collect-evidence.ts';
import { confirmApproval } from './confirm-approval.ts';
import { draftAmendment } from './draft-amendment.ts';
import { drillFailover } from './drill-failover.ts';
import { finalize } from './finalize.ts';
import { generateConfigurations } from './generate-configurations.ts';
import { installPodNetwork } from './install-pod-network.ts';
import { makePlan } from './make-plan.ts';
import { notify } from './notify.ts';
import { openRun } from './open-run.ts';
import { resetNode } from './reset-node.ts';
import { restoreNode } from './restore-node.ts';
import { Sightings } from './sightings.ts';
import { activity } from './step.ts';
import { verifyCluster } from './verify-cluster.ts';
import { MachineLocks } from './worker-context.ts';
import type { WorkerContext } from './worker-context.ts';
import { writeReport } from './write-report.ts';

/** The activities of one worker, in the order in which a rebuild needs them. */
export function createActivities(context: Omit<WorkerContext, 'locks' | 'sightings'>) {
  const worker: WorkerContext = { ...context, locks: new MachineLocks(), sightings: new Sightings() };
  return {
    openRun: activity(worker, openRun),
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

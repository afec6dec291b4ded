import type { GeneratedConfigurations } from '../../run/plan/observed.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { doing } from '../activities.ts';
import type { ApprovedPlan } from '../approved-plan.ts';
import type { Fleet } from '../fleet.ts';
import type { Run } from '../run.ts';

/**
 * As soon as a control plane is ready, exactly one is bootstrapped. The choice is written down before the
 * command goes out and never changes by itself. Where the CNI is not Talos's own, the pod network follows as
 * soon as the API server answers.
 */
export async function bootstrapCluster(
  run: Run,
  reference: RunReference,
  approved: ApprovedPlan,
  fleet: Fleet,
  { needsPodNetwork }: GeneratedConfigurations,
): Promise<void> {
  await fleet.firstControlPlane();
  await run.phase('bootstrap', async () => {
    const { plan } = approved;
    const node = await doing('Choose the control plane to bootstrap').chooseBootstrapNode({ run: reference, plan });
    run.progress.update({ bootstrapNode: node });
    await doing(`Bootstrap etcd on ${node}`).bootstrapNode({ run: reference, plan, node });
  });
  if (!needsPodNetwork) return run.skipPhase('network', 'the configuration brings its own CNI');
  await run.phase('network', () =>
    doing('Install the pod network').installPodNetwork({ run: reference, plan: approved.plan }),
  );
}

import path from 'node:path';
import { setNamed } from '../../cluster/sets.ts';
import { Failure } from '../../run/failure.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/steps.ts';
import { applyManifests } from '../../kubernetes/apply-manifests.ts';
import { redact } from '../../talos/redact.ts';
import { readApiVersion } from '../../kubernetes/api-health.ts';
import { kubernetesOf } from './kubernetes-access.ts';
import { retryUntil } from '../attempt/retry-until.ts';
import { runClusterOf } from '../attempt/run-files.ts';
import { runCommand } from './run-command.ts';
import type { Step } from '../attempt/step.ts';
import type { WorkerContext } from '../attempt/worker-context.ts';

const commandTimeoutMs = 10 * 60_000;

/**
 * Installs the pod network where the configuration's CNI is `none`: applies the manifests server-side, then runs the commands with
 * KUBECONFIG set to the new kubeconfig, as soon as the API server of the bootstrap node answers. Both must be safe to run twice.
 */
export async function installPodNetwork(
  worker: WorkerContext,
  { run, plan }: { readonly run: RunReference; readonly plan: Plan },
  step: Step,
): Promise<void> {
  const { definition, source } = await runClusterOf(worker, run);
  const access = await kubernetesOf(worker, run, plan, step);
  const { manifests, commands } = definition.afterBootstrap;
  const limitMs = Math.max(...plan.nodes.map(({ timeouts }) => timeouts.verifyMs));
  await retryUntil(step, limitMs, 'waiting for the API server', () =>
    readApiVersion({ ...access, signal: step.signal }),
  );
  if (manifests.length > 0) {
    step.say(`applying ${manifests.map((file) => path.basename(file)).join(', ')}`);
    await applyManifests({ ...access, signal: step.signal }, manifests);
  }
  if (commands.length > 0) {
    const { kubeconfig } = access; // what the commands get leads through the VIP
    await retryUntil(step, limitMs, 'waiting for the VIP', () => readApiVersion({ kubeconfig, signal: step.signal }));
  }
  for (const command of commands) {
    step.say(`running ${command[0]}`);
    const failure = await runCommand(command, {
      cwd: path.dirname(source),
      env: { KUBECONFIG: setNamed(worker.folder, plan.newSet).kubeconfig },
      timeoutMs: commandTimeoutMs,
      signal: step.signal,
    });
    step.signal.throwIfAborted();
    if (failure === undefined) continue;
    const { why, output } = failure;
    throw new Failure(
      'CommandFailed',
      `\`${command.join(' ')}\` of afterBootstrap ${why}: ${redact(output.slice(-1024))}`,
    );
  }
}

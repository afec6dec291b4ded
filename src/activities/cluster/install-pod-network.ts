import path from 'node:path';
import { setNamed } from '../../cluster/sets.ts';
import { Failure } from '../../run/failure.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { applyManifests } from '../../kubernetes/apply-manifests.ts';
import { redact } from '../../talos/redact.ts';
import { readApiVersion } from '../../kubernetes/api-health.ts';
import { kubernetesOf } from './kubernetes-access.ts';
import { retryUntil } from '../attempt/retry-until.ts';
import { runClusterOf } from '../attempt/run-files.ts';
import { runCommand } from './run-command.ts';
import type { Attempt } from '../attempt/attempt.ts';

const commandTimeoutMs = 10 * 60_000;

/**
 * Installs the pod network where the configuration's CNI is `none`: applies the manifests server-side, then runs the
 * commands with KUBECONFIG set to the new kubeconfig, as soon as the API server of the bootstrap node answers. Both
 * must be safe to run twice.
 */
export async function installPodNetwork(
  attempt: Attempt,
  { plan }: { readonly run: RunReference; readonly plan: Plan },
): Promise<void> {
  const { definition, source } = await runClusterOf(attempt);
  const access = await kubernetesOf(attempt, plan);
  const { signal } = attempt;
  const { manifests, commands } = definition.afterBootstrap;
  const limitMs = Math.max(...plan.nodes.map(({ timeouts }) => timeouts.verifyMs));
  await retryUntil(attempt, limitMs, 'waiting for the API server', () => readApiVersion({ ...access, signal }));
  if (manifests.length > 0) {
    attempt.say(`applying ${manifests.map((file) => path.basename(file)).join(', ')}`);
    await applyManifests({ ...access, signal }, manifests);
  }
  if (commands.length > 0) {
    const { kubeconfig } = access; // what the commands get leads through the VIP
    await retryUntil(attempt, limitMs, 'waiting for the VIP', () => readApiVersion({ kubeconfig, signal }));
  }
  for (const command of commands) {
    attempt.say(`running ${command[0]}`);
    const failure = await runCommand(command, {
      cwd: path.dirname(source),
      env: { KUBECONFIG: setNamed(attempt.worker.folder, plan.set).kubeconfig },
      timeoutMs: commandTimeoutMs,
      signal,
    });
    signal.throwIfAborted();
    if (failure === undefined) continue;
    const { why, output } = failure;
    throw new Failure(
      'CommandFailed',
      `\`${command.join(' ')}\` of afterBootstrap ${why}: ${redact(output.slice(-1024))}`,
    );
  }
}

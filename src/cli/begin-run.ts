import { describeFinding } from '../run/findings.ts';
import { followRunOnScreen } from './follow-on-screen.ts';
import type { RunLook } from './runs/read-run.ts';
import type { View } from './screen/view.ts';
import { type Shell, say } from './shell.ts';
import { type ClusterFileOptions, clusterFileOf, invocationFor } from './which-cluster.ts';
import { whoami } from './whoami.ts';
import { withTemporal } from './with-temporal.ts';

/** A worker was there a moment ago; when none answers for so long, the person should know rather than wait. */
const patienceMs = 60_000;

export interface BeginRun {
  readonly onlyPlan?: boolean;
  readonly expectedDigest?: string;
  readonly until: 'question' | 'end';
  readonly json: boolean;
  readonly render: (look: RunLook, view: View) => string[];
}

/** What `plan` and `start` share: check the file, start the run, follow it on the screen. */
export async function beginRun(
  shell: Shell,
  positional: string | undefined,
  options: ClusterFileOptions,
  { onlyPlan = false, expectedDigest, ...shown }: BeginRun,
): Promise<RunLook | undefined> {
  const file = clusterFileOf(positional, options);
  const invocation = invocationFor(shell, file);
  const { loadCluster } = await import('../cluster/load-cluster.ts');
  const { definition, warnings } = await loadCluster(file);
  for (const warning of warnings) say(shell, `warning: ${describeFinding(warning)}`);
  return withTemporal(async (temporal, { startRun, followRun }) => {
    const request = {
      operation: 'rebuild',
      clusterFile: file,
      cluster: definition.name,
      requestedBy: whoami(),
      onlyPlan,
    } as const;
    const { runId, url } = await startRun(
      temporal,
      definition,
      expectedDigest === undefined ? request : { ...request, expectedDigest },
      invocation,
    );
    say(shell, `Started; in the Web UI: ${url}`);
    return followRunOnScreen(shell, temporal, followRun, {
      cluster: definition.name,
      runId,
      invocation,
      patienceMs,
      ...shown,
    });
  });
}

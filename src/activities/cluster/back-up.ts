import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeBackup, sealBackup } from '../../cluster/backups.ts';
import type { Backup } from '../../cluster/backups.ts';
import { keepCurrentSet } from '../../cluster/sets.ts';
import { Failure } from '../../run/failure.ts';
import { roleToday } from '../../run/cluster-definition.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { saveEtcdSnapshot } from '../../talos/etcd.ts';
import { saveKubeconfig } from '../../talos/kubeconfig.ts';
import { readRunningConfiguration } from '../../talos/running-configuration.ts';
import type { CredentialedAccess } from '../machine/machine.ts';
import { Machine } from '../machine/machine.ts';
import { patiently } from '../attempt/patiently.ts';
import { clusterOf, earlierWorkOf, record } from '../attempt/run-files.ts';
import { assertNotSetBack } from '../machine/set-back.ts';
import type { Attempt } from '../attempt/attempt.ts';

/** A backup that was made. */
export interface BackedUp {
  readonly backup: string;
  /**
   * What of the cluster could not be had, and why; what an earlier run has saved already is not missing. Absent in runs
   * that began with an earlier version.
   */
  readonly missing?: readonly string[];
}

/**
 * Saves what the old cluster is: its set, each machine's live configuration, a kubeconfig and an etcd snapshot, into a
 * new folder `backups/<date>` with SHA256SUMS that are read back. Nothing older is overwritten: run twice, it makes
 * two backups. What could not be had because etcd or the API is down is said in `MISSING`. Fails with `PlanChanged`
 * when the run was set back.
 */
export async function backUp(
  attempt: Attempt,
  { plan }: { readonly run: RunReference; readonly plan: Plan },
): Promise<BackedUp> {
  await assertNotSetBack(attempt);
  const { worker, signal } = attempt;
  const backup = await makeBackup(worker.folder);
  const current = await keepCurrentSet(worker.folder);
  if (current) await cp(current.path, path.join(backup.path, 'set'), { recursive: true });
  const { talosconfig } = await clusterOf(attempt);
  if (talosconfig !== undefined) await cp(talosconfig, path.join(backup.path, 'talosconfig'));

  const running = plan.nodes.filter(({ runsUnder, reset }) => runsUnder !== undefined && reset === 'wipe');
  await mkdir(path.join(backup.path, 'nodes'), { mode: 0o700 });
  const machines = await Promise.all(
    running.map(async (node) => ({ node, machine: await Machine.open(attempt, node) })),
  );
  for (const { node, machine } of machines) {
    attempt.say(`saving the configuration of ${node.name}`);
    const access = machine.credentials(await machine.answering());
    const configuration = await patiently(signal, () => readRunningConfiguration(access, { signal }));
    await writeFile(path.join(backup.path, 'nodes', `${node.name}.yaml`), configuration, { mode: 0o600, flush: true });
  }

  const controlPlanes = machines.filter(({ node }) => roleToday(node) === 'controlplane').map(({ machine }) => machine);
  const [oldest] = (await earlierWorkOf(attempt, plan))?.backups ?? [];
  const missing = controlPlanes.length === 0 ? [] : await saveCluster(attempt, backup, controlPlanes);
  const elsewhere = oldest === undefined ? [] : [`what was wiped before this run began: it is in backups/${oldest}`];
  const absent = [...elsewhere, ...missing];
  if (absent.length > 0) await writeFile(path.join(backup.path, 'MISSING'), `${absent.join('\n')}\n`, { mode: 0o600 });
  await sealBackup(backup);
  await record(attempt, (all) => {
    all.backup = backup.name;
  });
  return { backup: backup.name, missing: oldest === undefined ? missing : [] };
}

/** From the first control plane that can give it. Resolves with what none of them could. */
async function saveCluster(attempt: Attempt, backup: Backup, controlPlanes: readonly Machine[]): Promise<string[]> {
  const { signal } = attempt;
  const missing: string[] = [];
  const fromAny = async (what: string, save: (access: CredentialedAccess) => Promise<unknown>): Promise<void> => {
    const reasons: string[] = [];
    for (const machine of controlPlanes) {
      attempt.say(`saving ${what} from ${machine.node.name}`);
      try {
        const access = machine.credentials(await machine.answering());
        await patiently(signal, () => save(access));
        return;
      } catch (error) {
        signal.throwIfAborted();
        reasons.push(error instanceof Failure ? error.message : String(error));
      }
    }
    missing.push(`${what}: ${reasons.join('; ')}`);
  };
  await fromAny('the kubeconfig', (access) => saveKubeconfig(access, path.join(backup.path, 'kubeconfig'), { signal }));
  await fromAny('the etcd snapshot', (access) =>
    saveEtcdSnapshot(access, path.join(backup.path, 'etcd.snapshot'), { signal }),
  );
  return missing;
}

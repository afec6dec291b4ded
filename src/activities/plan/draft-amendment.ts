import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../files/atomic-write.ts';
import { loadCluster } from '../../cluster/load-cluster.ts';
import { readRunCluster, writeRunCluster } from '../../cluster/run-copy.ts';
import { amendedSet, configurationOf, setNamed } from '../../cluster/sets.ts';
import { minorOf } from '../../cluster/versions.ts';
import { amendedNodes, amendedPlan, describeAmendment, refuseAmendment } from '../../run/plan/amendment.ts';
import { canonical } from '../../run/canonical.ts';
import { changedSettings } from '../../run/plan/changed-settings.ts';
import type { ClusterDefinition, NodeDefinition } from '../../run/cluster-definition.ts';
import { Failure, isFailure } from '../../run/failure.ts';
import { describeFinding } from '../../run/findings.ts';
import type { MachineIdentity } from '../../run/machine-identity.ts';
import type { AmendmentDraft, BootstrapMove, Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { redactedDiff } from '../../talos/config-diff.ts';
import { readIdentity } from '../../talos/identity.ts';
import { readStorage } from '../../talos/storage.ts';
import { renderConfigurations } from '../../talos/render-configurations.ts';
import { digestOf } from './digest.ts';
import { afterBootstrapOf } from './make-plan.ts';
import { Machine, runsUnder } from '../machine/machine.ts';
import { moveBootstrap } from './move-bootstrap.ts';
import { amendmentPathOf, pathOf, runClusterOf } from '../attempt/run-files.ts';
import type { StoragePlan } from './plan-storage.ts';
import { planStorage } from './plan-storage.ts';
import type { Attempt } from '../attempt/attempt.ts';

export interface DraftAmendmentInput {
  readonly run: RunReference;
  /** The plan by which the run goes now. */
  readonly plan: Plan;
  /** Counts the amendments of a run, from 1. */
  readonly number: number;
}

/**
 * Reads cluster.yaml and its patches again, writes the configurations that they make, with the secrets that the run
 * has, and looks which machines are there now. Resolves with the plan as it would be then, for a person to approve;
 * nothing of the run changes until `adoptAmendment`. May run again. Fails with `ClusterFileInvalid`, or
 * `AmendmentRefused` for what cannot change any more.
 */
export async function draftAmendment(attempt: Attempt, { plan, number }: DraftAmendmentInput): Promise<AmendmentDraft> {
  const { definition: before, source } = await runClusterOf(attempt);
  const folder = amendmentPathOf(attempt, number);
  attempt.say(`reading ${source} again`);
  const loaded = await loadCluster(source);
  const problems = refuseAmendment(before, loaded.definition);
  if (problems.length > 0) throw new Failure('AmendmentRefused', `${problems.join('\n')}\nNothing was changed.`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeRunCluster(folder, source, loaded);
  const { definition } = await readRunCluster(folder); // from its own copies on

  attempt.say('writing the configurations anew');
  const { worker, signal } = attempt;
  const drafted = amendedSet(worker.folder, plan.set, number);
  await mkdir(drafted.path, { recursive: true, mode: 0o700 });
  const rendered = await renderConfigurations({
    talosctl: await worker.talosctl(minorOf(definition.talos.version)),
    cluster: definition,
    secretsFile: setNamed(worker.folder, plan.set).secrets,
    setFolder: drafted.path,
    signal,
  });
  const sha256 = Object.fromEntries(rendered.map((one) => [one.node, one.sha256]));

  const looks = await Promise.all(
    definition.nodes.map((node) => lookAgain(attempt, node, { plan, drafted: configurationOf(drafted, node.name) })),
  );
  const findings = looks.flatMap((look) => look?.storage.findings ?? []).filter(({ severity }) => severity === 'error');
  if (findings.length > 0) {
    throw new Failure('AmendmentRefused', `${findings.map(describeFinding).join('\n')}\nNothing was changed.`);
  }
  const seen = Object.fromEntries(
    definition.nodes.map(({ name }, index) => {
      const look = looks[index];
      return [name, look && { identity: look.identity, storage: look.storage.planned }] as const;
    }),
  );
  const amended = {
    ...amendedPlan(plan, definition, sha256, seen),
    afterBootstrap: await afterBootstrapOf(definition),
  };
  const move = await moveBootstrap(attempt, amended);
  return write(attempt, folder, { before, definition, plan, amended, drafted: drafted.path, move });
}

/**
 * The machine that answers at a planned address, and what the drafted configuration does to its disks.
 * Undefined where none answers.
 */
async function lookAgain(
  attempt: Attempt,
  node: NodeDefinition,
  { plan, drafted }: { readonly plan: Plan; readonly drafted: string },
): Promise<{ readonly identity: MachineIdentity; readonly storage: StoragePlan } | undefined> {
  const machine = await Machine.open(attempt, node);
  const sighting = await machine.look();
  const { condition } = sighting;
  if (condition.kind !== 'maintenance' && condition.kind !== 'running') return undefined;
  attempt.say(`${node.name}: looking who it is`);
  const { signal } = attempt;
  try {
    const access = machine.access(sighting);
    const [identity, storage] = await Promise.all([readIdentity(access, { signal }), readStorage(access, { signal })]);
    const isInMaintenance = condition.kind === 'maintenance';
    const isOld = !isInMaintenance && !runsUnder(condition, plan.set);
    const plannedYaml = await readFile(drafted, 'utf8');
    const reset = isOld ? 'wipe' : 'none';
    return { identity, storage: planStorage({ node, storage, plannedYaml, reset, isInMaintenance }) };
  } catch (error) {
    signal.throwIfAborted();
    if (isFailure(error, 'NodeUnreachable')) return undefined;
    throw error;
  }
}

interface Drafted {
  readonly before: ClusterDefinition;
  readonly definition: ClusterDefinition;
  readonly plan: Plan;
  readonly amended: Plan;
  readonly drafted: string;
  readonly move: BootstrapMove | undefined;
}

/** Writes `plan.json` and `diffs/<node>.diff` into the amendment's folder. */
async function write(attempt: Attempt, folder: string, changes: Drafted): Promise<AmendmentDraft> {
  const { plan, amended, drafted, move } = changes;
  const nodes = amendedNodes(plan, amended);
  const settings = otherSettings(changes);
  if (nodes.length + settings.length === 0 && !move) {
    throw new Failure(
      'AmendmentRefused',
      'cluster.yaml and its patches make the same cluster as before. Change them, and answer amend again; or answer retry.',
    );
  }
  const diffs: Record<string, string> = {};
  for (const { name, isConfigurationChanged } of nodes) {
    if (!isConfigurationChanged) continue;
    const [former, now] = await Promise.all(
      [
        configurationOf(setNamed(attempt.worker.folder, plan.set), name),
        path.join(drafted, 'nodes', `${name}.yaml`),
      ].map((file) => readFile(file, 'utf8')),
    );
    const file = path.join(folder, 'diffs', `${name}.diff`);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, redactedDiff(former, now ?? ''));
    diffs[name] = path.relative(pathOf(attempt), file);
  }
  const withMove: Plan = move ? { ...amended, bootstrapMove: move } : amended;
  const draft: AmendmentDraft = {
    plan: withMove,
    digest: digestOf(withMove),
    consequences: describeAmendment(nodes, settings, move),
    diffs,
  };
  await writeFileAtomic(path.join(folder, 'plan.json'), `${JSON.stringify(draft, undefined, 2)}\n`);
  return draft;
}

/** What else differs; copies of manifests are known by their content. */
function otherSettings({ before, definition, plan, amended }: Drafted): string[] {
  const isSame = canonical(plan.afterBootstrap) === canonical(amended.afterBootstrap);
  return [...changedSettings(before, definition), ...(isSame ? [] : ['`afterBootstrap`'])];
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { MachineTrace } from '../run/machine-trace.ts';
import type { EarlierWork } from '../run/plan/earlier-work.ts';
import { Failure } from '../run/failure.ts';
import type { Plan } from '../run/plan/plan.ts';
import type { ClusterFolder } from './folder.ts';
import { displayPath } from './paths.ts';
import { unfinishedRuns } from './runs.ts';
import type { UnfinishedRun } from './runs.ts';

/** What the run that asks is about to build. */
export interface Asking {
  /** The run that asks. */
  readonly runId: string;
  /** The set that is being made. */
  readonly newSet: string | undefined;
  readonly secrets: 'new' | 'keep';
}

/**
 * What earlier runs left undone of the very set that is being made, taken together; undefined where there is nothing to
 * go on from. Fails with `FilesDamaged`.
 */
export async function earlierWork(
  folder: ClusterFolder,
  { runId, newSet, secrets }: Asking,
): Promise<EarlierWork | undefined> {
  if (newSet === undefined) return undefined;
  const runs: (UnfinishedRun & { readonly plan: Plan })[] = [];
  for (const unfinished of await unfinishedRuns(folder, 'rebuild', runId)) {
    const plan = await planOfRun(unfinished);
    if (plan.set !== newSet || plan.secrets !== secrets) break;
    runs.push({ ...unfinished, plan });
  }
  const [newest] = runs;
  if (newest === undefined) return undefined;
  const records = runs.map(({ record }) => record);
  const bootstrap = records.find((record) => record.bootstrap !== undefined)?.bootstrap;
  const drill = records.find((record) => record.drill?.rebootSentAt !== undefined)?.drill;
  return {
    runs: runs.map(({ run }) => run.name),
    newestEnd: endOf(newest),
    newSet,
    traces: tracesOf(records.map(({ nodes }) => nodes)),
    plans: runs.map(({ plan }) => plan),
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(drill?.rebootSentAt === undefined
      ? {}
      : { rebooted: { node: drill.holder, at: drill.rebootSentAt, bootId: drill.bootId } }),
    backups: records.flatMap(({ backup }) => (backup === undefined ? [] : [backup])).toReversed(),
  };
}

/** How a run ended that left machines in between, in words that follow its name. */
export function endOf({ record: { outcome } }: Pick<UnfinishedRun, 'record'>): string {
  if (outcome === undefined) return 'did not end';
  return `${outcome === 'expired' ? 'expired' : `was ${outcome}`} and left machines in between`;
}

/** The plan by which a run went last. */
export async function planOfRun({ run, record }: UnfinishedRun): Promise<Plan> {
  const amendment = record.amendment === undefined ? '' : path.join('amendments', String(record.amendment));
  const file = path.join(run.path, amendment, 'plan.json');
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { plan: Plan }).plan;
  } catch (cause) {
    const remedy = 'bring it back from a backup: that run touched machines, and its plan says which they are';
    throw new Failure('FilesDamaged', `${displayPath(file)} cannot be read → ${remedy}`, { cause });
  }
}

/** Of each machine the last time at which each thing was done to it, over all runs. */
function tracesOf(all: readonly Readonly<Record<string, MachineTrace>>[]): Record<string, MachineTrace> {
  const traces: Record<string, MachineTrace> = {};
  for (const [name, trace] of all.flatMap((nodes) => Object.entries(nodes))) {
    const known = traces[name] ?? {};
    const news = Object.entries(trace).filter(([what, at]) => at > (known[what as keyof MachineTrace] ?? ''));
    traces[name] = { ...known, ...Object.fromEntries(news) };
  }
  return traces;
}

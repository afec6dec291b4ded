import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../files/atomic-write.ts';
import type { NodeDefinition } from '../../run/cluster-definition.ts';
import { describeCondition } from '../../run/node-condition.ts';
import type { PhaseName } from '../../run/operations.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { collectEvidence as saveEvidence } from '../../talos/evidence.ts';
import type { Sighting } from '../machine/machine.ts';
import { Machine } from '../machine/machine.ts';
import { clusterOf, pathOf, recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

export interface CollectEvidenceInput {
  readonly run: RunReference;
  readonly phase: PhaseName;
  /** When the question was opened, ISO 8601. */
  readonly at: string;
  /** Whose machines. */
  readonly nodes: readonly string[];
}

/**
 * Keeps what the machines of a failed step tell of themselves now, before somebody power-cycles them: in `evidence/` of
 * the run's folder, without secrets. `seen.txt` says of each in which condition it was and what this run had sent to
 * it, `history.txt` each change before. Resolves with the folder's path. Only looks; may run again.
 */
export async function collectEvidence(attempt: Attempt, { phase, at, nodes }: CollectEvidenceInput): Promise<string> {
  const { nodes: defined } = await clusterOf(attempt);
  const base = path.join(pathOf(attempt), 'evidence', `${at.slice(0, 19).replaceAll(':', '-')}Z-${phase}`);
  const [only, ...others] = nodes;
  const folderOf = (name: string): string => (others.length === 0 ? `${base}-${name}` : path.join(base, name));
  attempt.say(`collecting evidence of ${nodes.join(', ')}`);
  await Promise.all(
    defined.filter(({ name }) => nodes.includes(name)).map((node) => collectFrom(attempt, node, folderOf(node.name))),
  );
  return others.length === 0 && only !== undefined ? folderOf(only) : base;
}

async function collectFrom(attempt: Attempt, node: NodeDefinition, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const machine = await Machine.open(attempt, node);
  const sighting = await machine.look();
  const { nodes } = await recordOf(attempt);
  const lines = [
    `${new Date().toISOString()} ${node.name} at ${sighting.address} was ${describeCondition(sighting.condition)}.`,
    ...Object.entries(nodes[node.name] ?? {}).map(([what, instant]) => `${String(instant)} ${what}`),
  ];
  await writeFileAtomic(path.join(folder, 'seen.txt'), `${lines.join('\n')}\n`);
  // What was seen on the way here tells more than the state in which it ended.
  const history = await attempt.worker.sightings.written(pathOf(attempt), node.name);
  await copyFile(history, path.join(folder, 'history.txt')).catch(() => undefined);
  const access = accessOf(machine, sighting);
  if (access) await saveEvidence(access, folder, { signal: attempt.signal });
}

/** A machine that does not answer, or belongs to somebody else, is asked nothing. */
function accessOf(machine: Machine, sighting: Sighting): ReturnType<Machine['access']> | undefined {
  try {
    return machine.access(sighting);
  } catch {
    return undefined;
  }
}

import { readFile } from 'node:fs/promises';
import { configurationOf, setNamed } from '../../cluster/sets.ts';
import type { NodeDefinition } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import type { PlannedStorage } from '../../run/plan/plan.ts';
import type { GeneratedConfigurations, ObservedNode } from '../../run/plan/observed.ts';
import { readRunningConfiguration } from '../../talos/running-configuration.ts';
import { readStorage } from '../../talos/storage.ts';
import type { CredentialedAccess } from '../machine/machine.ts';
import { Machine } from '../machine/machine.ts';
import { patiently } from '../attempt/patiently.ts';
import type { StoragePlan } from './plan-storage.ts';
import { planStorage } from './plan-storage.ts';
import { rebuiltStorage } from './rebuilt-storage.ts';
import { earlierWorkOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * What a plan needs to see of one machine. Its configurations hold every secret: they are compared, never passed on.
 */
export interface NodeLook {
  readonly node: NodeDefinition;
  /** Absent where no old cluster runs on it. */
  readonly access?: CredentialedAccess;
  readonly running?: string;
  readonly planned: string;
  readonly hostname?: string;
  readonly storage: StoragePlan;
}

/** Looks at a machine's disks and running configuration, and says what the planned one does to them. Only looks. */
export async function lookAtNode(
  attempt: Attempt,
  node: NodeDefinition,
  observed: readonly ObservedNode[],
  { set }: Pick<GeneratedConfigurations, 'set'>,
  secrets: 'new' | 'keep',
  reading: 'running configurations' | 'only what decides' = 'running configurations',
): Promise<NodeLook> {
  const seen = observed.find(({ name }) => name === node.name);
  if (seen === undefined) throw notIdentified(node);
  const reset = resetOf(seen, set);
  const { signal } = attempt;
  const rebuilt = rebuiltStorage(node, seen, await earlierWorkOf(attempt, { set, secrets }));
  const plannedYaml = await readFile(configurationOf(setNamed(attempt.worker.folder, set), node.name), 'utf8');
  if (rebuilt && seen.isAwaited) return { node, planned: plannedYaml, storage: rebuilt };
  const machine = await Machine.open(attempt, node);
  const sighting = await machine.answering();
  const isInMaintenance = sighting.condition.kind === 'maintenance';
  const storage = await patiently(signal, () => readStorage(machine.access(sighting), { signal }));
  const access = isInMaintenance ? undefined : machine.credentials(sighting);
  const isEncrypted = storage.volumes.some(({ content }) => content === 'luks');
  const isRead = reading === 'running configurations' || isEncrypted; // it names the volumes' keys
  const running =
    access === undefined || !isRead
      ? undefined
      : await patiently(signal, () => readRunningConfiguration(access, { signal }));
  const input = { node, storage, plannedYaml, reset, isInMaintenance };
  return {
    node,
    planned: plannedYaml,
    storage: rebuilt ?? planStorage(running === undefined ? input : { ...input, runningYaml: running }),
    ...(access === undefined || reset === 'none' ? {} : { access }),
    ...(running === undefined ? {} : { running }),
    ...(storage.hostname === undefined ? {} : { hostname: storage.hostname }),
  };
}

/** A machine that runs under the new set already was rebuilt by an earlier run: nothing is wiped twice. */
export function resetOf({ runsUnder }: ObservedNode, newSet: string): 'wipe' | 'none' {
  return runsUnder === undefined || runsUnder === newSet ? 'none' : 'wipe';
}

export function storageByNode(looks: readonly NodeLook[]): Record<string, PlannedStorage> {
  return Object.fromEntries(looks.map(({ node, storage }) => [node.name, storage.planned] as const));
}

export function notIdentified({ name }: NodeDefinition): Failure {
  return new Failure(
    'PreconditionsFailed',
    `${name}: was not identified, so it cannot be planned. Nothing was touched.`,
  );
}

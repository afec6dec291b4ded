import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../files/atomic-write.ts';
import type { NodeRole } from '../../run/cluster-definition.ts';
import type { DroppedSetting } from '../../run/plan/dropped-settings.ts';
import { droppedInWords, groupDropped, isGivenUp } from '../../run/plan/dropped-settings.ts';
import { factsOf } from '../../talos/config-facts.ts';
import type { LackingSetting } from '../../talos/settings.ts';
import { lackingSettings } from '../../talos/settings.ts';
import { patchOf } from '../../talos/settings-patch.ts';

/** A machine that runs today, with its configurations: with all their secrets, which stay in this file. */
export interface ComparedMachine {
  readonly name: string;
  readonly role: NodeRole;
  readonly runningYaml: string;
  readonly plannedYaml: string;
  /** What it calls itself today, which may be a name that Talos made. */
  readonly hostname?: string;
}

/**
 * What machines have set today and will not have afterwards, save what cluster.yaml gives up. Writes into the run's
 * folder: the whole list as `dropped.txt`, and `kept-settings/` with strategic-merge patches that would keep it:
 * `all.yaml` for what every machine has, one for each role, one for each machine.
 */
export async function compareSettings(
  machines: readonly ComparedMachine[],
  givenUp: readonly string[],
  folder: string,
): Promise<DroppedSetting[]> {
  const lacking = new Map(
    machines.map((machine) => [
      machine.name,
      [...hostnameChange(machine), ...lackingSettings(machine.runningYaml, machine.plannedYaml)].filter(
        ({ path: where }) => !isGivenUp(where, givenUp),
      ),
    ]),
  );
  const dropped = groupDropped(
    Object.fromEntries([...lacking].map(([name, settings]) => [name, settings.map(shown)] as const)),
  );
  await writeFileAtomic(
    path.join(folder, 'dropped.txt'),
    dropped.map((one) => `${one.nodes.join(', ')}: ${droppedInWords(one)}\n`).join(''),
  );
  await mkdir(path.join(folder, 'kept-settings'), { recursive: true, mode: 0o700 });
  for (const [name, settings] of patchFiles(machines, lacking)) {
    const text = patchText(settings);
    if (text !== '') await writeFileAtomic(path.join(folder, 'kept-settings', `${name}.yaml`), text);
  }
  return dropped;
}

function shown({ path: where, value, instead }: LackingSetting): Omit<DroppedSetting, 'nodes'> {
  return { path: where, ...(value === undefined ? {} : { value }), ...(instead === undefined ? {} : { instead }) };
}

/** The host name comes from cluster.yaml, so no patch can keep it. */
function hostnameChange({ hostname, plannedYaml }: ComparedMachine): LackingSetting[] {
  const planned = factsOf(plannedYaml).hostname;
  if (hostname === undefined || planned === undefined || hostname === planned) return [];
  return [{ path: 'hostname', value: hostname, instead: planned }];
}

/** Each setting in the widest file in which it is true for every machine. */
function patchFiles(
  machines: readonly ComparedMachine[],
  lacking: ReadonlyMap<string, readonly LackingSetting[]>,
): Map<string, LackingSetting[]> {
  const files = new Map<string, Map<string, LackingSetting>>();
  const groups: (readonly [string, readonly ComparedMachine[]])[] = [
    ['all', machines],
    ['controlplane', machines.filter(({ role }) => role === 'controlplane')],
    ['worker', machines.filter(({ role }) => role === 'worker')],
  ];
  const keys = new Map(
    machines.map(({ name }) => [name, new Set((lacking.get(name) ?? []).map((one) => keyOf(one)))] as const),
  );
  for (const machine of machines) {
    for (const setting of lacking.get(machine.name) ?? []) {
      const key = keyOf(setting);
      const group = groups.find(
        ([, members]) =>
          members.length > 1 && members.includes(machine) && members.every(({ name }) => keys.get(name)?.has(key)),
      );
      const file = group?.[0] ?? machine.name;
      files.set(file, (files.get(file) ?? new Map<string, LackingSetting>()).set(key, setting));
    }
  }
  return new Map([...files].map(([name, settings]) => [name, [...settings.values()]]));
}

function keyOf({ path: where, value, patch }: LackingSetting): string {
  return JSON.stringify([where, value, patch]);
}

/** What may be secret is named and left out. */
function patchText(settings: readonly LackingSetting[]): string {
  const left = settings.filter(({ patch, value }) => patch === undefined && value === undefined);
  const comments = left.map(({ path: where }) => `# Not written here, as it may be secret: ${where}\n`);
  const patch = patchOf(settings.flatMap((one) => (one.patch === undefined ? [] : [one.patch])));
  return `${comments.join('')}${patch}`;
}

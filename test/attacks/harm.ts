import assert from 'node:assert/strict';
import type { Effect, JournalEntry, Lab } from '../../simulator/src/lab.ts';
import { isMethod } from '../../simulator/src/journal.ts';

/** What may only be sent to a machine for which a person has agreed to it. */
const harmfulRequests = [
  'Reset',
  'ApplyConfiguration',
  'Bootstrap',
  'Reboot',
  'Restart',
  'Shutdown',
  'Upgrade',
  'Rollback',
  'EtcdRecover',
  'EtcdRemoveMemberByID',
  'EtcdLeaveCluster',
] as const;

const harmfulEffects: readonly Effect[] = [
  'applied',
  'staged',
  'installed',
  'wiped',
  'wiped-disk',
  'bricked',
  'rebooted',
  'shut-down',
  'bootstrapped',
  'left-etcd',
  'removed-from-etcd',
];

/** What was done to these machines that cannot be taken back, or asked of them: a line each. */
export function harmTo(entries: readonly JournalEntry[], machines: readonly string[]): string[] {
  return entries.filter(({ machine }) => machines.includes(machine)).flatMap(describeHarm);
}

function describeHarm(entry: JournalEntry): string[] {
  switch (entry.kind) {
    case 'request':
      return harmfulRequests.some((method) => isMethod(entry.method, method))
        ? [`${entry.machine} was asked: ${entry.method}`]
        : [];
    case 'effect':
      return harmfulEffects.includes(entry.effect) ? [`${entry.machine}: ${entry.effect}`] : [];
    case 'state':
      return [];
  }
}

/**
 * From now on: the returned function asserts that nothing was done to these machines. Each time it shows as well that
 * it would have seen it: the same search over the same journal finds every harm that is planted in a copy.
 */
export function watchForHarm({ journal }: Pick<Lab, 'journal'>): (...machines: string[]) => void {
  const from = journal.entries.length;
  return (...machines) => {
    const since = journal.entries.slice(from);
    assert.deepEqual(harmTo(since, machines), []);
    assertFindsPlanted(since, machines);
  };
}

function assertFindsPlanted(entries: readonly JournalEntry[], machines: readonly string[]): void {
  assert.ok(machines.length > 0, 'no machine was looked at');
  for (const machine of machines) {
    const planted: JournalEntry[] = [
      ...harmfulRequests.map((method) => request(machine, `MachineService/${method}`)),
      ...harmfulEffects.map((effect): JournalEntry => ({ at: 0, machine, kind: 'effect', effect, details: {} })),
    ];
    for (const one of planted) assert.equal(harmTo([...entries, one], machines).length, 1, JSON.stringify(one));
  }
}

function request(machine: string, method: string): JournalEntry {
  return { at: 0, machine, kind: 'request', method, role: 'os:admin', args: {} };
}

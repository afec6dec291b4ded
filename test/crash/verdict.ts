import type { Progress } from '../../src/run/progress.ts';
import { isMethod } from '../../simulator/src/journal.ts';
import type { Effect, EffectEntry, JournalEntry } from '../../simulator/src/lab.ts';

/**
 * What went wrong with a rebuild by the machines' own journal and its outcome, a line each; none when each machine was
 * wiped once and configured once, one control plane was bootstrapped once, the VIP's holder was rebooted once, and
 * nothing else was done to anybody.
 */
export function violations(
  journal: readonly JournalEntry[],
  machines: readonly string[],
  progress: Progress,
): string[] {
  const effects = journal.filter((entry): entry is EffectEntry => entry.kind === 'effect');
  const count = (effect: Effect, machine?: string): number =>
    effects.filter((one) => one.effect === effect && (machine === undefined || one.machine === machine)).length;
  const found: string[] = [];
  const expect = (what: string, seen: number, wanted: number): void => {
    if (seen !== wanted) found.push(`${what} ${seen} times, not ${wanted}`);
  };

  if (progress.outcome !== 'rebuilt') found.push(`the outcome is ${progress.outcome}: ${progress.verdict}`);
  for (const machine of machines) {
    expect(`${machine} was wiped`, count('wiped', machine), 1);
    expect(`${machine} was configured`, count('applied', machine), 1);
  }
  expect('a control plane was bootstrapped', count('bootstrapped'), 1);
  if (asked(journal, 'Bootstrap').size > 1) found.push('more than one control plane was asked to bootstrap');
  const { failover } = progress;
  if (failover?.proven !== true) found.push(`failover is not proven: ${failover?.reason ?? 'there was no drill'}`);
  for (const machine of machines) {
    const own = count('rebooted', machine) - count('wiped', machine); // each reset ends with a reboot
    expect(`${machine} was rebooted`, own, failover?.proven === true && failover.from === machine ? 1 : 0);
  }
  for (const effect of [
    'wiped-disk',
    'bricked',
    'shut-down',
    'staged',
    'removed-from-etcd',
    'sequence-failed',
  ] as const)
    if (count(effect) > 0) found.push(`${effect}: ${effects.find((one) => one.effect === effect)?.machine}`);
  return found;
}

/** How often each machine was asked for something, however it answered. */
export function asked(journal: readonly JournalEntry[], method: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const entry of journal)
    if (entry.kind === 'request' && isMethod(entry.method, method))
      counts.set(entry.machine, (counts.get(entry.machine) ?? 0) + 1);
  return counts;
}

import type { JournalEntry, StateAspect } from '../../simulator/src/lab.ts';

/**
 * Reads a journal as one writes it by hand: a line is `SECONDS MACHINE ASPECT VALUE`, or `SECONDS MACHINE ! EFFECT` for
 * an effect; machines may be several, joined by commas.
 */
export function journalOf(text: string): JournalEntry[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const [seconds, machines = '', aspect = '', ...rest] = line.trim().split(/\s+/);
      const at = Number(seconds) * 1000;
      const value = rest.join(' ');
      return machines
        .split(',')
        .map((machine): JournalEntry =>
          aspect === '!'
            ? { at, machine, kind: 'effect', effect: value as 'bootstrapped', details: {} }
            : { at, machine, kind: 'state', aspect: aspect as StateAspect, value },
        );
    });
}

/** Everything from the first entry that `starts` on happens so many seconds later, but for what `goesOn` meanwhile. */
export function delayed(
  journal: readonly JournalEntry[],
  seconds: number,
  starts: (entry: JournalEntry) => boolean,
  goesOn: (entry: JournalEntry) => boolean = () => false,
): JournalEntry[] {
  const first = journal.findIndex(starts);
  if (first < 0) throw new Error('nothing in this journal starts there');
  return journal.map((entry, index) =>
    index < first || goesOn(entry) ? entry : { ...entry, at: entry.at + seconds * 1000 },
  );
}

/** Whether an entry is this state or effect of this machine: `cp-1 stage booting`, `cp-1 ! bootstrapped`. */
export function is(line: string): (entry: JournalEntry) => boolean {
  return (entry) => {
    if (entry.kind === 'request') return false;
    const [aspect, value] = entry.kind === 'state' ? [entry.aspect, entry.value] : ['!', entry.effect];
    return line === `${entry.machine} ${aspect} ${value}`;
  };
}

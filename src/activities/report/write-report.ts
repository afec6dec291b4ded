import path from 'node:path';
import { writeFileAtomic } from '../../files/atomic-write.ts';
import type { Progress } from '../../run/progress.ts';
import { reportOf } from '../../run/words/report.ts';
import type { RunReference } from '../../run/run-reference.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { pathOf, record } from '../attempt/run-files.ts';

/** Writes `report.md` and `report.json` into the run's folder and ends its record. May run again. */
export async function writeReport(
  attempt: Attempt,
  { progress }: { readonly run: RunReference; readonly progress: Progress },
): Promise<void> {
  const folder = pathOf(attempt);
  await writeFileAtomic(path.join(folder, 'report.json'), `${JSON.stringify(progress, undefined, 2)}\n`);
  await writeFileAtomic(path.join(folder, 'report.md'), reportOf(progress));
  await record(attempt, (all) => {
    if (progress.outcome !== undefined) all.outcome = progress.outcome;
  });
}

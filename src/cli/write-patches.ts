import { constants } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Progress } from '../run/progress.ts';
import { type Shell, say } from './shell.ts';
import { UserError } from './user-error.ts';

/**
 * Copies the patches of a plan into a folder of the user's, and says how cluster.yaml has to name them. A file that
 * is there is not replaced.
 */
export async function writePatches({ folder, plan }: Progress, into: string, shell: Shell): Promise<void> {
  if (folder === undefined || plan === undefined) return;
  const from = join(folder, 'kept-settings');
  const files = (await readdir(from)).toSorted();
  if (files.length === 0) {
    say(shell, 'There is nothing to patch: what is set today is set afterwards, or no patch can say it.');
    return;
  }
  await mkdir(into, { recursive: true });
  for (const file of files) {
    await copyFile(join(from, file), join(into, file), constants.COPYFILE_EXCL).catch(
      (error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST'
          ? new UserError(`${join(into, file)} is there already, and was not replaced. Name another folder.`)
          : error;
      },
    );
  }
  say(shell, `Wrote ${files.map((file) => join(into, file)).join(', ')}. Read them, then add to cluster.yaml:`);
  for (const file of files) say(shell, `  ${lineFor(basename(file, '.yaml'), join(into, file))}`);
}

function lineFor(name: string, file: string): string {
  return name === 'all' || name === 'controlplane' || name === 'worker'
    ? `patches: { ${name}: [${file}] }`
    : `${name} in nodes:  patches: [${file}]`;
}

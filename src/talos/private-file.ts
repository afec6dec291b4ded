import { randomBytes } from 'node:crypto';
import { access, link, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Makes an empty file that only its owner may read, before a program writes secrets into it: `talosctl` makes new files
 * readable for everybody, but leaves the mode of one that is there.
 */
export async function createPrivate(path: string): Promise<void> {
  await writeFile(path, '', { mode: 0o600, flag: 'wx' });
}

/**
 * Has a file made under another name in the same folder, 0600, and moves it into place when it is whole, so
 * nobody ever sees half of it, also after a power cut. `replace: false` leaves a file that is there
 * already, and says so by `false`.
 */
export async function writeWhole(
  path: string,
  make: (unfinished: string) => Promise<void>,
  options: { readonly replace: boolean },
): Promise<boolean> {
  if (!options.replace && (await isThere(path))) return false; // drawing an RSA key to throw it away takes seconds
  const unfinished = join(dirname(path), `.${randomBytes(6).toString('hex')}.unfinished`);
  await createPrivate(unfinished);
  try {
    await make(unfinished);
    if (options.replace) {
      await moveWhole(unfinished, path);
      return true;
    }
    await sync(unfinished);
    // A hard link fails where the name is taken, which a rename would overwrite.
    const isNew = await link(unfinished, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (isNew) await sync(dirname(path));
    return isNew;
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Moves a file that some program wrote to where it belongs; a power cut leaves either none there or the whole. */
export async function moveWhole(unfinished: string, path: string): Promise<void> {
  await sync(unfinished);
  await rename(unfinished, path);
  await sync(dirname(path));
}

/** Gives a folder that only its owner may enter, inside `parent`, and takes it away with all that is in it. */
export async function inPrivateFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  // mkdtemp makes it 0700.
  const folder = await mkdtemp(join(parent, '.work-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Has a file's content, or the names in a folder, survive a power cut, also what another program wrote. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

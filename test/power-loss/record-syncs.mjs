// Preloaded into a process of ours: writes down which files and folders it has synced, as `inode mtime` at that moment,
// into the file that SYNC_LOG names. What is not in there, or was written since, a power cut may take away.
import { appendFileSync, fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const log = process.env.SYNC_LOG;
const handle = await open(fileURLToPath(import.meta.url));
const prototype = Object.getPrototypeOf(handle);
await handle.close();

for (const name of ['sync', 'datasync']) {
  const original = prototype[name];
  prototype[name] = async function (...args) {
    const { ino, mtimeNs } = fstatSync(this.fd, { bigint: true });
    const result = await original.apply(this, args);
    if (log !== undefined) appendFileSync(log, `${ino} ${mtimeNs}\n`);
    return result;
  };
}

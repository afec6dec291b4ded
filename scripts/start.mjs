// Starts one of the project's TypeScript programs: `node scripts/start.mjs src/client.ts …`.
// Uses only Node, so that a fresh clone needs no preparation: packages are installed first when they are missing or old.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [program, ...args] = process.argv.slice(2);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`talos-rebuild needs Node 20.19 or newer, this is ${process.versions.node}.\n`);
  process.exit(1);
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const stamp = join(root, 'node_modules', '.installed');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('Installing packages (npm ci), about half a minute …\n');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2], // stdout belongs to the program's own result
  });
  if (npm.status !== 0) {
    process.stderr.write('npm ci failed; its output is above. Nothing else was done.\n');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

const { register } = await import(pathToFileURL(join(root, 'node_modules/tsx/dist/esm/api/index.mjs')).href);
register();
const file = resolve(root, program);
process.argv.splice(1, process.argv.length, file, ...args);
await import(pathToFileURL(file).href);

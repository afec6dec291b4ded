// Starts one of the project's TypeScript programs: `node scripts/start.mjs src/client.ts …`. Uses only Node, so that a
// fresh clone needs no preparation: packages are installed first when they are missing or old. The program runs in this
// very process, so its exit code and the signals sent to it need no passing on.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [program, ...args] = process.argv.slice(2);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  refuse(`talos-rebuild needs Node 20.19 or newer, this is ${process.versions.node}. Get one at https://nodejs.org.`);
}
if (program === undefined) refuse('Usage: node scripts/start.mjs PROGRAM.ts …');

if (!packagesAreInstalled()) {
  process.stderr.write('Installing packages (npm ci), about half a minute …\n');
  // No package needs its install script, and none gets to run one.
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2], // stdout belongs to the program's own result
  });
  if (npm.error) refuse(`npm could not be started (${npm.error.message}). It comes with Node: https://nodejs.org.`);
  if (npm.status !== 0) refuse('npm ci failed; its output is above. Nothing else was done.');
}

const { register } = await import('tsx/esm/api');
register();
const file = resolve(root, program);
process.argv.splice(1, process.argv.length, file, ...args);
await import(pathToFileURL(file).href);

/** True when npm's own record of what it installed has every package of the lockfile in its version. */
function packagesAreInstalled() {
  try {
    const { packages: wanted } = readJson('package-lock.json');
    const { packages: installed } = readJson('node_modules/.package-lock.json');
    return Object.entries(wanted).every(
      // Optional ones are mostly builds for other machines; the root itself is in the lockfile under ''.
      ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
    );
  } catch {
    return false;
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

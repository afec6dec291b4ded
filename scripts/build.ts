// Makes dist/, what the package consists of: compiled code and the workflows bundled ahead of time.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../src/temporal/workflow-bundle.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
// Compiler messages go to stderr: `npm pack` has its own use for stdout.
execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
writeFileSync(join(dist, 'workflow-bundle.js'), await bundleWorkflows(join(root, 'src', 'workflows', 'index.ts')));
// What Go builds from, where no release can be had.
cpSync(join(root, 'src', 'tools', 'modules'), join(dist, 'tools', 'modules'), { recursive: true });
makeProgram(join(dist, 'client.js'));

/** A file that a shell can start. */
function makeProgram(file: string): void {
  const code = readFileSync(file, 'utf8');
  if (!code.startsWith('#!')) writeFileSync(file, `#!/usr/bin/env node\n${code}`);
  chmodSync(file, 0o755);
}

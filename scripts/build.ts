// Makes dist/, what the package consists of: the compiled program and the workflows bundled ahead of time.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../src/temporal/workflow-bundle.ts';
import { bundleProgram } from './bundle-program.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
// Compiler messages go to stderr: `npm pack` has its own use for stdout.
execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['--noEmit'], { cwd: root, stdio: ['ignore', 2, 2] });
await bundleProgram(dist);
writeFileSync(join(dist, 'workflow-bundle.js'), await bundleWorkflows(join(root, 'src', 'workflows', 'index.ts')));

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import '../programs/talosctl.ts'; // the copy's own test finds them where this puts them
import '../programs/temporal.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const added = path.join(root, 'test', 'operations', 'added');

const row = `  knock: {
    workflow: 'knockOnNode',
    title: 'Knock',
    noun: 'knock',
    target: 'machine',
    phases: {
      preflight: known.preflight,
      plan: known.plan,
      approval: known.approval,
      knock: { title: 'Knock', does: 'knock at the machine' },
      listen: { title: 'Listen', does: 'hear what it says' },
    },
    wanted: { answered: 'It answered.' },
    left: () => 'nothing',
  },
`;

test('a row, a runbook, a planner and their exports make an operation', { timeout: 300_000 }, async (t) => {
  const copy = await temporaryFolder(t);
  for (const name of ['src', 'simulator', 'demo', 'bench', 'scripts', 'test', 'package.json', 'tsconfig.json']) {
    await cp(path.join(root, name), path.join(copy, name), { recursive: true });
  }
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  const edit = async (file: string, from: string, to: string): Promise<void> => {
    const text = await readFile(path.join(copy, file), 'utf8');
    assert.equal(text.split(from).length, 2, `${from} stands once in ${file}`);
    await writeFile(path.join(copy, file), text.replace(from, to));
  };

  await edit('src/run/operations.ts', '} as const satisfies Readonly<', `${row}} as const satisfies Readonly<`);
  await cp(path.join(added, 'knock-on-node.ts'), path.join(copy, 'src/workflows/knock-on-node.ts'));
  await edit(
    'src/workflows/index.ts',
    'export { rebuildNode',
    "export { knockOnNode } from './knock-on-node.ts';\nexport { rebuildNode",
  );
  await cp(path.join(added, 'plan-knock.ts'), path.join(copy, 'src/activities/plan/plan-knock.ts'));
  await edit(
    'src/activities/index.ts',
    'import { notify }',
    "import { planKnock } from './plan/plan-knock.ts';\nimport { notify }",
  );
  await edit(
    'src/activities/index.ts',
    '    backUp: activity(',
    '    planKnock: activity(worker, planKnock),\n    backUp: activity(',
  );
  await cp(path.join(added, 'knock-test.ts'), path.join(copy, 'test/operations/knock.test.ts'));

  const { NODE_TEST_CONTEXT: _insideAnotherRunner, TALOS_REBUILD_TEST_SHARED: _ofTheProject, ...env } = process.env;
  const run = (...args: string[]): Promise<unknown> =>
    promisify(execFile)(process.execPath, args, { cwd: copy, env, timeout: 240_000 }).catch((error) => {
      assert.fail(`${args.join(' ')}: ${error.stdout}${error.stderr}`);
    });
  await Promise.all([
    run('node_modules/typescript/bin/tsc', '--noEmit'),
    run('--import', 'tsx', '--test', 'test/operations/knock.test.ts'),
  ]);
});

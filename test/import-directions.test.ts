import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { newFolder, removeFolder, temporaryFolder } from './temporary-folder.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

describe('the workflow bundle', { timeout: 120_000 }, () => {
  test('holds workflows/, run/ and Temporal’s own code, and nothing else', async () => {
    const modules = await modulesOfBundle(join(root, 'src', 'workflows', 'index.ts'));
    assert.ok(modules.includes('src/workflows/rebuild-cluster.ts'), 'the list is that of our workflows');
    assert.deepEqual(modules.filter(isForbidden), []);
  });

  test('would be seen to hold zod, yaml and the code of another folder', async (t) => {
    const folder = await temporaryFolder(t);
    const planted = join(folder, 'workflows.ts');
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const foreign = join(root, 'src', 'cli', 'exit-codes.ts');
    await writeFile(
      planted,
      `export { z } from 'zod/mini';\nexport { parse } from 'yaml';\nexport * from '${foreign}';\n`,
    );
    const forbidden = (await modulesOfBundle(planted)).filter(isForbidden).join('\n');
    for (const expected of [/^node_modules\/zod\//m, /^node_modules\/yaml\//m, /^src\/cli\/exit-codes\.ts$/m]) {
      assert.match(forbidden, expected);
    }
  });
});

/** Per file: an import that the linter has to refuse, and one that it has to let pass. */
const walls: readonly {
  readonly file: string;
  readonly refused: readonly string[];
  readonly allowed: readonly string[];
}[] = [
  {
    file: 'src/run/planted.ts',
    refused: ['zod', 'node:fs', '@temporalio/workflow', '../cluster/load.ts', '../workflows/run.ts'],
    allowed: ['./plan.ts'],
  },
  {
    file: 'src/workflows/planted.ts',
    refused: [
      'zod',
      'yaml',
      'node:fs',
      '@temporalio/client',
      '../cluster/load.ts',
      '../talos/probe.ts',
      '../activities/reset.ts',
    ],
    allowed: ['./run.ts', '../run/plan.ts', '@temporalio/workflow', 'type:../activities/reset.ts'],
  },
  ...['cluster', 'talos', 'kubernetes'].map((folder) => ({
    file: `src/${folder}/planted.ts`,
    refused: ['../activities/reset.ts', '../cli/ask.ts', '../temporal/worker.ts', '../simulator/world.ts'],
    allowed: ['./own.ts', '../run/plan.ts', 'yaml', 'node:fs'],
  })),
  {
    file: 'src/activities/planted.ts',
    refused: [
      '../workflows/run.ts',
      '../cli/ask.ts',
      '../temporal/worker.ts',
      '../tools/tool.ts',
      '../simulator/world.ts',
    ],
    allowed: ['./own.ts', '../run/plan.ts', '../cluster/load.ts', '../talos/probe.ts', '../kubernetes/api.ts', 'yaml'],
  },
  {
    file: 'src/activities/preflight/planted.ts',
    refused: ['../../workflows/run.ts', '../../cli/ask.ts', '../../simulator/world.ts'],
    allowed: ['./own.ts', '../check-preconditions.ts', '../../run/plan.ts', '../../talos/probe.ts'],
  },
  { file: 'src/tools/planted.ts', refused: ['../run/plan.ts', '../simulator/world.ts'], allowed: ['./own.ts'] },
  {
    file: 'src/temporal/planted.ts',
    refused: ['../workflows/run.ts', '../activities/reset.ts', '../simulator/world.ts'],
    allowed: ['./own.ts', '../run/plan.ts', '../tools/tool.ts'],
  },
  {
    file: 'src/cli/planted.ts',
    refused: ['../simulator/world.ts', '../workflows/run.ts'],
    allowed: ['../workflows/messages.ts', '../talos/probe.ts', '../temporal/worker.ts'],
  },
  {
    file: 'src/client.ts',
    refused: ['./simulator/world.ts', './workflows/run.ts'],
    allowed: ['./cli/ask.ts', './workflows/messages.ts'],
  },
  {
    file: 'src/worker.ts',
    refused: ['./simulator/world.ts', './workflows/run.ts'],
    allowed: ['./activities/index.ts'],
  },
  { file: 'src/simulator/planted.ts', refused: ['../run/plan.ts', '../client.ts'], allowed: ['./world.ts', 'node:fs'] },
  {
    file: 'src/simulator/kubernetes/planted.ts',
    refused: ['../../run/plan.ts', '../../kubernetes/api.ts'],
    allowed: ['../world.ts', './own.ts'],
  },
];

describe('the linter', () => {
  let folder: string;
  before(async () => {
    folder = await newFolder();
    await copyFile(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  });
  after(() => removeFolder(folder));

  for (const { file, refused, allowed } of walls) {
    test(`lets ${file} import only what its folder may`, async () => {
      const imports = [...refused, ...allowed];
      const code = imports.map((from, index) =>
        from.startsWith('type:')
          ? `import type { name${index} } from '${from.slice('type:'.length)}';`
          : `import { name${index} } from '${from}';`,
      );
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), `${code.join('\n')}\n`);
      assert.deepEqual(refusedImports(folder, file), refused);
    });
  }
});

/** The imports of a file that the linter's walls refuse, in the file's order. */
function refusedImports(folder: string, file: string): string[] {
  const { stdout, stderr } = spawnSync(join(root, 'node_modules', '.bin', 'oxlint'), ['--format=json', file], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.notEqual(stdout, '', stderr);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code?: string; message: string }[] };
  return diagnostics
    .filter(({ code }) => code === 'eslint(no-restricted-imports)')
    .map(({ message }) => message.match(/^'([^']+)'/)?.[1] ?? message);
}

/** Whatever is not workflows/ or run/, nor Temporal's own code for the sandbox with what that brings along. */
function isForbidden(module: string): boolean {
  const ours = /^src\/(workflows|run)\//;
  const theirs = /^node_modules\/(@temporalio\/(workflow|common)|ms|long|nexus-rpc)\//;
  return !ours.test(module) && !theirs.test(module);
}

/** The files that webpack put into a bundle of workflows, relative to the project. */
async function modulesOfBundle(workflowsPath: string): Promise<string[]> {
  const modules = new Set<string>();
  await bundleWorkflowCode({
    workflowsPath,
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => ({
      ...config,
      plugins: [
        ...(config.plugins ?? []),
        {
          apply(compiler) {
            compiler.hooks.compilation.tap('list modules', (compilation) =>
              compilation.hooks.finishModules.tap('list modules', (all) => {
                for (const module of all) {
                  const file = module.nameForCondition();
                  if (file) modules.add(relative(root, file));
                }
              }),
            );
          },
        },
      ],
    }),
  });
  return [...modules].toSorted();
}

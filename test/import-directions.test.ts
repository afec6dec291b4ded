import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { circleIn, type Import, importsOf, refuseImport } from './import-directions.ts';
import { temporaryFolder } from './temporary-folder.ts';

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

/** Per file: imports that have to be refused, and some that have to pass. */
const walls: readonly {
  readonly file: string;
  readonly refused: readonly string[];
  readonly allowed: readonly string[];
}[] = [
  {
    file: 'src/run/plan/planted.ts',
    refused: ['zod', 'node:fs', '@temporalio/workflow', '../../cluster/load.ts', '../../workflows/run.ts'],
    allowed: ['./plan.ts', '../progress.ts'],
  },
  {
    file: 'src/workflows/dialogue/planted.ts',
    refused: [
      'zod',
      'yaml',
      'node:fs',
      '@temporalio/client',
      '../../talos/probe.ts',
      '../../activities/machine/reset.ts',
    ],
    allowed: [
      './pause.ts',
      '../run.ts',
      '../../run/plan/plan.ts',
      '@temporalio/workflow',
      'type:../../activities/index.ts',
    ],
  },
  ...['cluster', 'talos', 'kubernetes'].map((folder) => ({
    file: `src/${folder}/planted.ts`,
    refused: ['../activities/reset.ts', '../cli/ask.ts', '../temporal/worker.ts', '../../simulator/src/lab.ts'],
    allowed: ['./own.ts', '../run/progress.ts', 'yaml', 'node:fs'],
  })),
  {
    file: 'src/activities/machine/planted.ts',
    refused: ['../../workflows/run.ts', '../../cli/ask.ts', '../../temporal/worker.ts', '../../tools/tool.ts'],
    allowed: [
      './own.ts',
      '../attempt/until.ts',
      '../../cluster/load.ts',
      '../../talos/probe.ts',
      '../../kubernetes/api.ts',
      'yaml',
    ],
  },
  { file: 'src/files/planted.ts', refused: ['../run/failure.ts'], allowed: ['./own.ts', 'node:fs'] },
  { file: 'src/tools/planted.ts', refused: ['../run/progress.ts'], allowed: ['./own.ts', '../files/lock.ts'] },
  {
    file: 'src/temporal/planted.ts',
    refused: ['../workflows/run.ts', '../activities/index.ts'],
    allowed: ['./own.ts', '../run/progress.ts', '../tools/tool.ts'],
  },
  {
    file: 'src/cli/planted.ts',
    refused: ['../../simulator/src/lab.ts', '../workflows/run.ts', '../client.ts'],
    allowed: ['../workflows/messages.ts', '../talos/probe.ts', '../temporal/worker.ts'],
  },
  {
    file: 'src/client.ts',
    refused: ['../simulator/src/lab.ts', './workflows/run.ts', '../demo/rehearse.ts'],
    allowed: ['./cli/ask.ts', './workflows/messages.ts'],
  },
  {
    file: 'simulator/src/kubernetes/planted.ts',
    refused: ['../../../src/run/progress.ts', '../../test/fixture.ts', '../../../demo/main.ts'],
    allowed: ['../lab.ts', './own.ts', 'node:fs'],
  },
  { file: 'lost/planted.ts', refused: ['./own.ts'], allowed: [] },
];

describe('the import directions', () => {
  test('hold for every file of the project', async () => {
    const imports = await allImports();
    assert.ok(imports.some(({ file }) => file === 'src/workflows/rebuild-cluster.ts'));
    assert.deepEqual(
      imports.flatMap((one) => refuseImport(one) ?? []),
      [],
    );
  });

  test('go round in no circle, not even of types', async () => {
    assert.equal(circleIn(await allImports()), undefined);
    const planted = [
      ['a/x.ts', './y.ts'],
      ['a/y.ts', '../b/z.ts'],
      ['b/z.ts', '../a/y.ts'],
    ].map(([file = '', of = '']) => ({ file, of, isOfTypes: true }));
    assert.deepEqual(circleIn(planted), ['a/y.ts', 'b/z.ts', 'a/y.ts']);
  });

  test('lead to no package that the own package.json does not list, the simulator’s being its own', async () => {
    const [ours, theirs] = await Promise.all(['.', 'simulator'].map(packagesListedIn));
    const unlisted = (await allImports()).filter(({ file, of }) => {
      const name = /^(?:@[\w-]+\/)?[\w-]+(?=\/|$)/.exec(of)?.[0];
      return name !== undefined && !(file.startsWith('simulator/') ? theirs : ours)?.includes(name);
    });
    assert.deepEqual(unlisted, []);
  });

  for (const { file, refused, allowed } of walls) {
    test(`let ${file} import only what its folder may`, () => {
      const code = [...refused, ...allowed].map((from, index) =>
        from.startsWith('type:')
          ? `import type {\n  name${index},\n} from '${from.slice('type:'.length)}';`
          : `import { name${index} } from '${from}';`,
      );
      const imports = importsOf(file, `${code.join('\n')}\n`);
      assert.equal(imports.length, code.length);
      assert.deepEqual(
        imports.filter((one) => refuseImport(one) !== undefined).map(({ of }) => of),
        refused,
      );
    });
  }

  test('are seen in every form of an import', () => {
    const text = `export { a } from './a.ts';\nimport './b.ts';\nexport type * from './c.ts';\nawait import('./d.ts');\n`;
    assert.deepEqual(
      importsOf('x.ts', text).map(({ of, isOfTypes }) => `${of} ${isOfTypes}`),
      ['./a.ts false', './b.ts false', './c.ts true', './d.ts false'],
    );
  });
});

/** The imports of every file of the project. */
async function allImports(): Promise<Import[]> {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mjs'], {
    cwd: root,
  });
  const files = stdout
    .trim()
    .split('\n')
    .filter((file) => existsSync(join(root, file)));
  const imports = await Promise.all(
    files.map(async (file) => importsOf(file, await readFile(join(root, file), 'utf8'))),
  );
  return imports.flat();
}

async function packagesListedIn(folder: string): Promise<string[]> {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as {
    readonly [kind: string]: Readonly<Record<string, string>> | undefined;
  };
  return Object.keys({ ...dependencies, ...devDependencies });
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

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newFolder, removeFolder } from './temporary-folder.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

describe('the package, installed into an empty folder', { timeout: 300_000 }, () => {
  let folder: string;
  let installed: string;

  before(async () => {
    folder = await newFolder();
    npm(root, ['pack', '--pack-destination', folder]);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    assert.ok(tarball, 'npm pack made a tarball');
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    npm(folder, ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`]);
    installed = join(folder, 'node_modules', 'talos-rebuild');
  });
  after(() => removeFolder(folder));

  test('shows its help', () => {
    const { status, stdout, stderr } = talosRebuild('--help');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^Usage: talos-rebuild /);
  });

  test('validates the cluster of its own example', () => {
    const { status, stdout, stderr } = talosRebuild(
      'validate',
      join(installed, 'examples', 'raspberry-pi', 'cluster.yaml'),
    );
    assert.equal(status, 0, `${stdout}${stderr}`);
  });

  test('brings its workflows already bundled, and the worker finds them', () => {
    const module = join(installed, 'dist', 'bin', 'workflow-bundle.js');
    const code = `const { workflowBundle } = await import(${JSON.stringify(module)}); console.log((await workflowBundle()).codePath);`;
    const seen = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(seen.trim(), join(installed, 'dist', 'workflow-bundle.js'));
    assert.ok(existsSync(seen.trim()));
  });

  test('brings the modules that talosctl and temporal are built in', () => {
    const modules = join(installed, 'dist', 'bin', 'modules');
    const folders = readdirSync(modules).toSorted();
    assert.deepEqual(folders, readdirSync(join(root, 'src', 'tools', 'modules')).toSorted());
    for (const folder of folders) assert.ok(existsSync(join(modules, folder, 'go.sum')), folder);
  });

  test('holds the compiled program, schema, patches, examples, docs and the compose file, and nothing else', () => {
    const always = ['package.json', 'README.md', 'LICENSE'].filter((name) => existsSync(join(root, name)));
    const { files } = packageJson(root);
    assert.deepEqual(readdirSync(installed).toSorted(), [...always, ...(files ?? [])].toSorted());
    assert.deepEqual(files, [
      'dist',
      'cluster.schema.json',
      'docker-compose.temporal.yml',
      'examples',
      'patches',
      'docs',
    ]);
  });

  test('is compiled of src/ and of packages whose licences it carries: no simulator, no demo, no tests', () => {
    const licences = readFileSync(join(installed, 'dist', 'LICENSES.txt'), 'utf8');
    const modules = [...compiledCode().matchAll(/^ *\/\/ ((?:src|node_modules|[\w.-]+)\/\S+\.(?:[mc]?js|ts))$/gm)];
    assert.ok(modules.some(([, module]) => module === 'src/client.ts'));
    assert.ok(modules.some(([, module]) => module === 'src/worker.ts'));
    for (const [, module = ''] of modules) {
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1];
      if (name === undefined) assert.match(module, /^src\//);
      else assert.match(licences, new RegExp(`^${name} \\d`, 'm'));
    }
  });

  test('depends on Temporal’s SDK, on as much of it as it loads, and on nothing else', () => {
    const code = compiledCode();
    const wanted = Object.keys(packageJson(installed).dependencies ?? {});
    assert.ok(wanted.every((name) => name.startsWith('@temporalio/')));
    for (const [, name = ''] of code.matchAll(/^(?:import|\} from) .*?"(@?[a-z][\w./-]*)";$/gm)) {
      if (!builtinModules.includes(name.replace('node:', ''))) assert.ok(wanted.includes(name), name);
    }
    for (const name of wanted) assert.ok(code.includes(`"${name}"`), `${name} is not loaded`);
  });

  function compiledCode(): string {
    const folder = join(installed, 'dist', 'bin');
    return readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
  }

  function talosRebuild(...args: string[]) {
    const program = join(folder, 'node_modules', '.bin', 'talos-rebuild');
    return spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  }
});

function npm(cwd: string, args: readonly string[]): void {
  const result = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: 240_000 });
  assert.equal(result.status, 0, `npm ${args.join(' ')}\n${result.stdout}${result.stderr}`);
}

function packageJson(folder: string): { readonly files?: string[]; readonly dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
}

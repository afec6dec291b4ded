import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
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
    const module = join(installed, 'dist', 'temporal', 'workflow-bundle.js');
    const code = `const { workflowBundle } = await import(${JSON.stringify(module)}); console.log((await workflowBundle()).codePath);`;
    const seen = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(seen.trim(), join(installed, 'dist', 'workflow-bundle.js'));
    assert.ok(existsSync(seen.trim()));
  });

  test('brings the modules that talosctl and temporal are built in', () => {
    const modules = join(installed, 'dist', 'tools', 'modules');
    const folders = readdirSync(modules).toSorted();
    assert.deepEqual(folders, readdirSync(join(root, 'src', 'tools', 'modules')).toSorted());
    for (const folder of folders) assert.ok(existsSync(join(modules, folder, 'go.sum')), folder);
  });

  test('carries no simulator, no sources and no tests', () => {
    assert.equal(existsSync(join(installed, 'dist', 'simulator')), false);
    assert.equal(existsSync(join(installed, 'src')), false);
    assert.equal(existsSync(join(installed, 'test')), false);
  });

  function talosRebuild(...args: string[]) {
    const program = join(folder, 'node_modules', '.bin', 'talos-rebuild');
    return spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  }
});

function npm(cwd: string, args: readonly string[]): void {
  const result = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: 240_000 });
  assert.equal(result.status, 0, `npm ${args.join(' ')}\n${result.stdout}${result.stderr}`);
}

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const commands = [
  'validate',
  'dev',
  'worker',
  'plan',
  'start',
  'approve',
  'reject',
  'answer',
  'status',
  'watch',
  'list',
  'cancel',
];
const example = fileURLToPath(new URL('../../examples/raspberry-pi/cluster.yaml', import.meta.url));
// Nothing listens on the discard port of a loopback address that nobody uses.
process.env['TEMPORAL_ADDRESS'] = '127.250.250.250:9';

describe('every command', () => {
  for (const command of commands) {
    test(`${command} has a help with an example, --json and the exit codes, on stdout`, async () => {
      const { code, stdout, stderr } = await runCommand([command, '--help']);
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`Example:\\n  \\$ .*talos-rebuild ${command}`));
      assert.match(stdout, /--json/);
      assert.match(stdout, /64 +wrong usage/);
    });
  }

  test('is named in the help of the whole', async () => {
    const { code, stdout } = await runCommand(['--help']);
    assert.equal(code, 0);
    for (const command of commands) assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
  });
});

describe('wrong usage ends with 64 and one line', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown command', ['rebuild'], /unknown command 'rebuild'/],
    ['an unknown option', ['status', '--fast'], /unknown option '--fast'/],
    ['an answer without its choice', ['answer', 'reset'], /missing required argument 'choice'/],
    [
      'a choice that is none',
      ['answer', 'reset', 'maybe', '--name', 'home'],
      /An answer is retry, skip, amend, abort, not maybe/,
    ],
    ['two cluster files', ['validate', 'a.yaml', '--cluster', 'b.yaml'], /Two cluster files are named/],
    ['a file and a name', ['status', 'a.yaml', '--name', 'home'], /by its file or with --name, not both/],
    ['an approval without a digest where nobody can be asked', ['approve', '--name', 'home'], /approve needs --digest/],
    ['a plan digest that is cut', ['start', example, '--plan', 'sha256:abc'], /--plan takes a whole digest/],
    ['a limit that is no number', ['list', '--limit', 'all'], /--limit takes a number from 1, not all/],
    ['no command at all', [], /Usage: talos-rebuild/],
  ];
  for (const [what, args, message] of cases) {
    test(what, async () => {
      const { code, stdout, stderr } = await runCommand(args);
      assert.equal(code, 64, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at /m);
    });
  }
});

describe('what a person can mend ends with 1 and a clear line, never a stack', () => {
  test('no cluster file: says which one was looked for', async () => {
    const { code, stderr } = await runCommand(['validate', '/nowhere/cluster.yaml']);
    assert.equal(code, 1);
    assert.match(stderr, /^There is no cluster file .*nowhere\/cluster\.yaml\.\n/);
  });

  test('no Temporal server: says where it was looked for and what starts one', async () => {
    for (const args of [['status', '--name', 'home'], ['list'], ['start', example]]) {
      const { code, stdout, stderr } = await runCommand(args);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /No Temporal server answers at 127\.250\.250\.250:9/);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
  });
});

describe('validate', () => {
  test('says that a right file is right, and asks neither server nor machine', async () => {
    const { code, stdout } = await runCommand(['validate', example]);
    assert.equal(code, 0);
    assert.equal(stdout, 'talos-k8s-cluster: valid\n');
  });

  test('takes a folder for its cluster.yaml', async () => {
    assert.equal((await runCommand(['validate', '--cluster', join(example, '..')])).code, 0);
  });

  test('names every mistake with file, line and column, and has them as data with --json', async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'cluster.yaml');
    await writeFile(file, 'name: home\nvipp: 1\nendpoint: nowhere\n');

    const said = await runCommand(['validate', file]);
    assert.equal(said.code, 1);
    assert.match(said.stdout, /cluster\.yaml:2:1: .*vipp/);
    assert.match(said.stdout, /cluster\.yaml:3:11: .*endpoint/);

    const told = await runCommand(['validate', file, '--json']);
    assert.equal(told.code, 1);
    assert.equal(told.stderr, '');
    const { valid, problems } = JSON.parse(told.stdout) as { valid: boolean; problems: { line: number }[] };
    assert.equal(valid, false);
    assert.ok(problems.some((problem) => problem.line === 2));
  });
});

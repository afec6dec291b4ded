import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { parse } from 'yaml';
import { Failure } from '../../src/run/failure.ts';
import type { Talosctl } from '../../src/talos/access.ts';
import { applyConfiguration } from '../../src/talos/apply-configuration.ts';
import { isRecord } from '../../src/talos/config-documents.ts';
import { outcomeOf } from '../../src/talos/errors.ts';
import { readIdentity } from '../../src/talos/identity.ts';
import { resetNode } from '../../src/talos/reset.ts';
import { readRunningConfiguration } from '../../src/talos/running-configuration.ts';
import { runTalosctl } from '../../src/talos/talosctl.ts';
import { talosctl } from './real-talosctl.ts';
import { startMachine } from './simulated-machine.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('runTalosctl', () => {
  test('never gives a process a secret, nor a variable that could lead it elsewhere', async (t) => {
    const { recorder, record } = await recordingTalosctl(t);
    for (const name of ['HTTPS_PROXY', 'ALL_PROXY', 'TALOSCONFIG', 'KUBECONFIG', 'TALOS_HOME']) {
      const before = process.env[name];
      process.env[name] = '/elsewhere';
      t.after(() => {
        if (before === undefined) delete process.env[name];
        else process.env[name] = before;
      });
    }
    const machine = await startMachine(t, 'maintenance', {}, recorder);
    await applyConfiguration(await machine.inMaintenance(), machine.configurationFile);
    await machine.waitFor('running');
    await readRunningConfiguration(machine.configured);

    const recorded = await record();
    assert.match(recorded, /apply-config/);
    assert.doesNotMatch(recorded, /elsewhere/);
    const secrets = leaves(parse(await readFile(join(machine.folder, 'secrets.yaml'), 'utf8')));
    assert.ok(secrets.length > 10);
    for (const secret of secrets) assert.ok(!recorded.includes(secret), `one of ${secret.length} characters`);
  });

  test('throws what it is aborted with, and sends nothing any more', async (t) => {
    const machine = await startMachine(t, 'configured');
    machine.lab.faults.inject({ method: 'Reset', phase: 'before', action: { hang: true } });
    const reason = new Error('cancelled by Temporal');
    const abort = new AbortController();

    const resetting = resetNode(machine.configured, 'STATE+EPHEMERAL', { signal: abort.signal });
    resetting.catch(() => undefined);
    await machine.lab.until(() =>
      machine.lab.journal.entries.some((e) => e.kind === 'request' && e.method.endsWith('/Reset')),
    );
    abort.abort(reason);
    await assert.rejects(resetting, reason);
    await assert.rejects(
      runTalosctl(talosctl, ['version', '--client'], { timeoutMs: 1000, signal: abort.signal }),
      reason,
    );
  });

  test('gives up at its time limit, and says that the outcome is unknown, though a script stands before it', async (t) => {
    const machine = await startMachine(t, 'configured');
    machine.lab.faults.inject({ method: 'Reset', phase: 'before', action: { hang: true } });

    const { recorder } = await recordingTalosctl(t);
    for (const talosctl of [machine.configured.talosctl, recorder]) {
      const access = { ...machine.configured, talosctl };
      const error = await failureOf(resetNode(access, 'STATE+EPHEMERAL', { timeoutMs: 1500 }));
      assert.equal(error.type, 'NodeUnreachable');
      assert.equal(outcomeOf(error), 'unknown');
      assert.match(error.message, /^pi-12 \(127\..*\): did not answer within 1.5 s \(talosctl reset\)$/);
    }
  });

  test('tells a command that somebody ended from one that failed: it may be tried again', async (t) => {
    const folder = await temporaryFolder(t);
    const ended = join(folder, 'talosctl');
    await writeFile(ended, '#!/bin/sh\nkill -INT $$\n');
    await chmod(ended, 0o755);
    await assert.rejects(runTalosctl({ binary: ended }, ['gen', 'secrets'], { timeoutMs: 10_000 }), (error) => {
      assert.ok(error instanceof Error && !(error instanceof Failure));
      assert.match(error.message, /^talosctl gen secrets was ended by SIGINT$/);
      return true;
    });

    const machine = await startMachine(t, 'configured');
    const access = { ...machine.configured, talosctl: { binary: ended } };
    await assert.rejects(resetNode(access, 'STATE+EPHEMERAL'), (error) => outcomeOf(error) === 'unknown');
  });

  test('says that the outcome is unknown when the answer is lost', async (t) => {
    const machine = await startMachine(t, 'configured');
    machine.lab.faults.inject({ method: 'Reset', phase: 'after', action: { drop: true } });

    const error = await failureOf(resetNode(machine.configured, 'STATE+EPHEMERAL'));
    assert.deepEqual([error.type, outcomeOf(error)], ['NodeUnreachable', 'unknown']);
    await machine.waitFor('maintenance');
  });

  test('says that nothing was sent to a machine that is off', async (t) => {
    const machine = await startMachine(t, 'configured');
    machine.lab.machine('pi-12').powerOff();

    const error = await failureOf(resetNode(machine.configured, 'STATE+EPHEMERAL'));
    assert.deepEqual([error.type, outcomeOf(error)], ['NodeUnreachable', 'not sent']);
    assert.match(error.message, /^pi-12 .*does not answer/);
  });

  test('keeps secrets that a machine tells out of its errors', async (t) => {
    const machine = await startMachine(t, 'configured');
    const secrets = leaves(parse(await readFile(join(machine.folder, 'secrets.yaml'), 'utf8')));
    const pems = secrets
      .map((secret) => Buffer.from(secret, 'base64').toString('utf8'))
      .filter((text) => text.startsWith('-----BEGIN'));
    const message = `cannot do that with\n${secrets.join('\n')}\n${pems.join('\n')}`;
    machine.lab.faults.inject({ method: 'Reset', phase: 'before', action: { refuse: { code: 2, message } } });

    const error = await failureOf(resetNode(machine.configured, 'STATE+EPHEMERAL'));
    const shown = JSON.stringify([error.message, error.details, error.stack]);
    assert.match(shown, /redacted/);
    for (const secret of [
      ...secrets,
      ...pems.flatMap((pem) => pem.split('\n').filter((line) => /^[\w+/=]{20,}$/.test(line))),
    ]) {
      assert.ok(!shown.includes(secret), `one of ${secret.length} characters`);
    }
  });

  test('says what is missing when there is no talosctl', async () => {
    await assert.rejects(runTalosctl({ binary: '/nowhere/talosctl' }, ['version'], { timeoutMs: 1000 }), {
      type: 'ToolMissing',
      message: /\/nowhere\/talosctl \(ENOENT\)/,
    });
  });
});

describe('access in maintenance mode', () => {
  test('is refused to a machine that was started anew since its certificate was seen', async (t) => {
    const machine = await startMachine(t, 'maintenance');
    const before = await machine.inMaintenance();
    machine.lab.machine('pi-12').crash();
    await machine.lab.until(() => machine.lab.machine('pi-12').inspect().api === 'maintenance');

    await assert.rejects(readIdentity(before), { type: 'WrongMachine', message: /Nothing was sent to it/ });
    await assert.rejects(applyConfiguration(before, machine.configurationFile), { type: 'WrongMachine' });
    const applied = machine.lab.journal.entries.filter(
      (e) => e.kind === 'request' && e.method.endsWith('/ApplyConfiguration'),
    );
    assert.deepEqual(applied, []);
  });

  test('is refused by a machine that is configured by now', async (t) => {
    const machine = await startMachine(t, 'maintenance');
    const before = await machine.inMaintenance();
    await applyConfiguration(before, machine.configurationFile);
    await machine.waitFor('running');

    const error = await failureOf(applyConfiguration(before, machine.configurationFile));
    assert.ok(['WrongMachine', 'UnexpectedCondition', 'NodeUnreachable'].includes(error.type), error.message);
    assert.equal(machine.lab.journal.entries.filter((e) => e.kind === 'effect' && e.effect === 'applied').length, 1);
  });
});

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}

/** The real talosctl behind a script that writes down what it is started with: arguments and environment. */
async function recordingTalosctl(t: TestContext): Promise<{ recorder: Talosctl; record: () => Promise<string> }> {
  const folder = await temporaryFolder(t);
  const log = join(folder, 'log');
  const script = join(folder, 'talosctl');
  await writeFile(script, `#!/bin/sh\n{ printf '%s\\n' "$@"; env; } >>'${log}'\n'${talosctl.binary}' "$@"\n`);
  await chmod(script, 0o755);
  return { recorder: { binary: script }, record: () => readFile(log, 'utf8') };
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return isRecord(value) ? Object.values(value).flatMap(leaves) : [];
}

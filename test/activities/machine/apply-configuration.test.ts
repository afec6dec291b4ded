import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { talosctl } from '../../talos/real-talosctl.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { startActivityLab } from '../activity-lab.ts';
import { isFailure } from '../attempt.ts';

describe('applyConfiguration', () => {
  test('says in the end that talosctl reaches no machine, though we do', async (t) => {
    const wrapper = path.join(await temporaryFolder(t), 'talosctl');
    const unreachable = 'rpc error: code = Unavailable desc = dial tcp 127.0.0.1:50000: connect: no route to host';
    await writeFile(
      wrapper,
      `#!/bin/sh\n[ "$1" != apply-config ] && exec '${talosctl.binary}' "$@"\necho '${unreachable}' >&2; exit 1\n`,
      { mode: 0o755 },
    );
    const lab = await startActivityLab(t, { nodes: ['cp-1'], cluster: 'none', timeout: '3s', talosctl: wrapper });

    await assert.rejects(
      lab.carryOut('applyConfiguration', lab.way('cp-1')),
      isFailure('NodeUnreachable', /^cp-1 .*no route to host/),
    );
  });

  test('gives a machine in maintenance mode its complete configuration, once', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    await lab.carryOut('applyConfiguration', lab.way('cp-1'));
    await lab.carryOut('awaitNewCluster', lab.way('cp-1'));
    await lab.carryOut('applyConfiguration', lab.way('cp-1'));

    assert.equal(lab.requests('cp-1', 'ApplyConfiguration').length, 1);
    const { api, hostname } = lab.machine('cp-1').inspect();
    assert.deepEqual({ api, hostname }, { api: 'configured', hostname: 'cp-1' });
    assert.ok((await lab.record()).nodes['cp-1']?.appliedAt);
  });

  test('sends nothing to a machine that runs its old cluster', async (t) => {
    const lab = await startActivityLab(t, { timeout: '4s' });

    await assert.rejects(
      lab.carryOut('applyConfiguration', lab.way('cp-1')),
      isFailure('NotYet', /^cp-1: not in maintenance mode after 4 s: it is running under set 2025-01-01/),
    );
    assert.deepEqual(lab.requests('cp-1', 'ApplyConfiguration'), []);
  });

  test('refuses a configuration file that is not the approved one', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    await appendFile(lab.configurationFile('cp-1'), '# changed\n');

    await assert.rejects(
      lab.carryOut('applyConfiguration', lab.way('cp-1')),
      isFailure('FilesDamaged', /^cp-1: its configuration .* is not the approved one any more\. It was not applied/),
    );
    assert.deepEqual(lab.requests('cp-1', 'ApplyConfiguration'), []);
  });

  test('does not send it again when the answer was lost', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    lab.lab.faults.inject({ method: 'ApplyConfiguration', phase: 'after', action: { drop: true }, times: 1 });
    await lab.carryOut('applyConfiguration', lab.way('cp-1'));

    assert.equal(lab.requests('cp-1', 'ApplyConfiguration').length, 1);
    assert.equal(lab.effects('cp-1', 'applied'), 1);
  });

  test('goes on when the worker died before it heard the answer', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    lab.lab.faults.inject({ method: 'ApplyConfiguration', phase: 'after', action: { delayMs: 30_000 }, times: 1 });
    const first = lab.begin('applyConfiguration', lab.way('cp-1'));
    await lab.until(() => lab.effects('cp-1', 'applied') === 1);
    await first.end();

    await lab.carryOut('applyConfiguration', lab.way('cp-1'), { after: first });
    await lab.carryOut('awaitNewCluster', lab.way('cp-1'));
    assert.equal(lab.effects('cp-1', 'applied'), 1);
    assert.equal(lab.requests('cp-1', 'ApplyConfiguration').length, 1, 'the machine had not left maintenance mode yet');
  });

  test('sends it again when the machine never got it', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    lab.lab.faults.inject({ method: 'ApplyConfiguration', phase: 'before', action: { drop: true }, times: 1 });
    await lab.carryOut('applyConfiguration', lab.way('cp-1'));

    assert.equal(lab.requests('cp-1', 'ApplyConfiguration').length, 2);
    assert.equal(lab.effects('cp-1', 'applied'), 1);
  });

  test('waits while the machine is busy with another configuration', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    const message = 'another apply configuration is already in progress';
    lab.lab.faults.inject({
      method: 'ApplyConfiguration',
      phase: 'before',
      action: { refuse: { code: 9, message } },
      times: 1,
    });
    await lab.carryOut('applyConfiguration', lab.way('cp-1'));

    assert.equal(lab.effects('cp-1', 'applied'), 1);
  });

  test('sends it again to a machine that fell back into maintenance mode', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    const machine = lab.machine('cp-1');
    lab.lab.faults.inject({ method: 'ApplyConfiguration', phase: 'before', action: { hang: true }, times: 1 });
    const applying = lab.begin('applyConfiguration', lab.way('cp-1'));
    await lab.until(() => lab.requests('cp-1', 'ApplyConfiguration').length > 0);
    machine.crash(); // before it wrote anything down

    await applying.result;
    await lab.carryOut('awaitNewCluster', lab.way('cp-1'));
    assert.equal(lab.requests('cp-1', 'ApplyConfiguration').length, 2);
    assert.equal(machine.inspect().api, 'configured');
  });

  test('ends at once, with what the machine said, when the machine refuses the configuration', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    const message = 'unknown machine type';
    lab.lab.faults.inject({ method: 'ApplyConfiguration', phase: 'before', action: { refuse: { code: 3, message } } });

    await assert.rejects(
      lab.carryOut('applyConfiguration', lab.way('cp-1')),
      isFailure('ConfigurationRefused', /^cp-1 .*: refused its configuration: unknown machine type/),
    );
    assert.equal(lab.requests('cp-1', 'ApplyConfiguration').length, 1);
  });
});

describe('awaitNewCluster', () => {
  test('lets a worker wait for its certificate longer than its own time, as long as no control plane answers', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'], cluster: 'none', timeout: '4s' });
    await lab.carryOut('applyConfiguration', lab.way('w-1'));
    const waiting = lab.begin('awaitNewCluster', lab.way('w-1'));
    const lookedAt = Date.now();
    await lab.until(() => Date.now() - lookedAt > 5000);
    await lab.carryOut('applyConfiguration', lab.way('cp-1'));

    await waiting.result;
    assert.equal(lab.machine('w-1').inspect().api, 'configured');
  });

  test('gives a worker its time once, though ours is restarted in between', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'], cluster: 'new', timeout: '4s' });
    lab.machine('w-1').powerOff();
    const first = lab.begin('awaitNewCluster', lab.way('w-1'));
    await lab.until(() => first.heartbeats.some(({ seeing }) => seeing.startsWith('w-1: unreachable')));
    await first.end();
    const { marks } = first.heartbeats.at(-1) ?? {};
    assert.ok(marks);

    const second = lab.begin('awaitNewCluster', lab.way('w-1'), { after: first });
    await assert.rejects(second.result, isFailure('NotYet', /^w-1: has its new configuration, but does not answer/));
    assert.deepEqual(second.heartbeats.at(-1)?.marks, marks);
  });
});

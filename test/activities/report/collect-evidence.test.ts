import assert from 'node:assert/strict';
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startActivityLab } from '../activity-lab.ts';
import { leaksIn, secretsBelow, textsBelow } from '../leaks.ts';

const at = '2026-11-22T12:09:00.000Z';

describe('collectEvidence', () => {
  test('keeps what each machine tells of itself in whatever state it is, without secrets, and changes nothing', async (t) => {
    const activityLab = await startActivityLab(t, {
      nodes: ['cp-1', 'w-1', 'w-2'],
      inMaintenance: ['w-1'],
      isPlanned: false,
    });
    const { lab, run, runPath } = activityLab;
    await activityLab.changeRecord((record) => {
      record.nodes['w-2'] = { resetSentAt: '2026-11-22T12:08:00.000Z' };
    });
    await activityLab.carryOut('checkPreconditions', { run });
    lab.machine('w-2').powerOff();
    const input = { run, phase: 'reset', at, nodes: ['cp-1', 'w-1', 'w-2'] } as const;
    const folder = await activityLab.carryOut('collectEvidence', input);

    assert.equal(folder, path.join(runPath, 'evidence', '2026-11-22T12-09-00Z-reset'));
    const read = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');
    for (const file of ['dmesg.txt', 'events.txt', 'services.txt', 'machinestatus.txt'])
      assert.ok(await read(`cp-1/${file}`));
    assert.match(await read('cp-1/seen.txt'), /cp-1 at .* was running under set 2025-01-01/);
    assert.match(await read('w-1/seen.txt'), /was in maintenance mode/);
    assert.match(await read('w-1/machinestatus.txt'), /maintenance/);
    assert.match(await read('w-2/seen.txt'), /was unreachable[^]*12:08:00.000Z resetSentAt/);
    assert.deepEqual(await readdir(path.join(folder, 'w-2')), ['history.txt', 'seen.txt']);
    assert.match(await read('w-2/history.txt'), /^\S+Z running under set 2025-01-01\n\S+Z unreachable \(.*\)\n$/);
    assert.equal((await stat(path.join(folder, 'cp-1', 'dmesg.txt'))).mode & 0o777, 0o600);
    assert.deepEqual(lab.journal.requests(undefined, 'Reset'), []);
    assert.deepEqual(lab.journal.requests(undefined, 'Reboot'), []);

    const secrets = await secretsBelow(activityLab.folder.sets);
    assert.ok(secrets.length > 10);
    for (const { file, text } of await textsBelow(folder)) assert.deepEqual(leaksIn(text, secrets), [], file);
    // The same search finds a secret where there is one.
    const [configured] = await textsBelow(activityLab.folder.sets);
    assert.notDeepEqual(leaksIn(configured?.text ?? '', secrets), []);
  });

  test('puts that of one machine into a folder of its name, and may do so again', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none', isPlanned: false });
    await lab.until(() => lab.machine('cp-1').inspect().api === 'maintenance');
    const { run, runPath } = lab;
    const input = { run, phase: 'bootstrap', at, nodes: ['cp-1'] } as const;
    const folder = await lab.carryOut('collectEvidence', input);
    assert.equal(folder, path.join(runPath, 'evidence', '2026-11-22T12-09-00Z-bootstrap-cp-1'));
    assert.equal(await lab.carryOut('collectEvidence', input), folder);
    assert.ok((await readdir(folder)).includes('addresses.txt'));
  });
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { temporaryFolder } from '../temporary-folder.ts';
import { historyTexts } from './history-texts.ts';
import { rehearse } from './rehearsal.ts';

const token = 's3cr3t-t0k3n-0123';

describe('people who do not look', () => {
  test('are told of all that wants them, while a notifier that always fails holds nothing up and gives no secret away', async (t) => {
    const broken = await brokenServer(t);
    const inbox = path.join(await temporaryFolder(t), 'inbox');
    const command = ['sh', '-c', `{ echo "== $TALOS_REBUILD_EVENT: $TALOS_REBUILD_TITLE"; cat; echo; } >> '${inbox}'`];
    const stderr = captureErrors(t);
    const rehearsal = await rehearse(t, {
      ownServer: true,
      settings: `notify: ${JSON.stringify([{ url: broken.url }, { command }])}\napproval: { expires: 1h, remindEvery: 1s }`,
    });
    const rebuild = await rehearsal.start();
    const { digest } = (await rebuild.gate('approval')) as { digest: string };
    await rehearsal.lab.until(() => existsSync(inbox) && readFileSync(inbox, 'utf8').includes('== reminder'));
    rehearsal.lab.faults.inject({
      machine: 'cp-2',
      method: 'Reset',
      phase: 'before',
      action: { refuse: { code: 9, message: 'locked' } },
      times: 1,
    });
    await rebuild.approve();
    await rebuild.answer('reset/cp-2', 'retry');
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    const told = await read(inbox);
    const events = [...told.matchAll(/^== ([a-z-]+):/gm)].map(([, event]) => event);
    assert.equal(events[0], 'approval');
    assert.equal(events.at(-1), 'end');
    assert.deepEqual(new Set(events), new Set(['approval', 'reminder', 'point-of-no-return', 'gate', 'end']));
    const { cluster } = rehearsal;
    assert.ok(told.includes(`talos-rebuild approve --digest ${digest.slice(7, 19)} --name ${cluster}\n`));
    assert.ok(told.includes(`talos-rebuild answer reset/cp-2 retry --name ${cluster}\n`));
    assert.ok(told.includes(`== end: ${cluster}: rebuilt\n`));

    // The broken one was tried, and is a remark, once.
    assert.ok(broken.tries > 3);
    const remarks = progress.remarks.filter(({ text }) => text.includes('notify[0]'));
    assert.deepEqual(
      remarks.map(({ text }) => text),
      ['A message could not be delivered: notify[0]: it answered with 500'],
    );

    const report = await read(path.join(progress.folder ?? '', 'report.md'));
    assert.match(report, /notify\[0\]/);
    const places = {
      ...(await historyTexts(rehearsal)),
      'report.md': report,
      'report.json': await read(path.join(progress.folder ?? '', 'report.json')),
      'plan.json': await read(path.join(progress.folder ?? '', 'plan.json')),
      'log of the server': await read(rehearsal.serverLog),
      'log of the worker': stderr(),
      messages: told,
    };
    assert.deepEqual(placesOf(token, places), []);
    // The same search finds what is there: in the histories, and the token in the copy of cluster.yaml.
    assert.ok(placesOf('notify[0]', places).includes(`talos/${cluster}`));
    const copy = await read(path.join(progress.folder ?? '', 'cluster.yaml'));
    assert.deepEqual(placesOf(token, { ...places, copy }), ['copy']);
  });

  test('hear that a run was called off', async (t) => {
    const inbox = path.join(await temporaryFolder(t), 'inbox');
    const command = ['sh', '-c', `echo "$TALOS_REBUILD_TITLE" >> '${inbox}'`];
    const { start, cluster } = await rehearse(t, { settings: `notify: ${JSON.stringify([{ command }])}` });
    const rebuild = await start();
    await rebuild.gate('approval');
    await rebuild.cancel();
    assert.equal((await rebuild.result()).outcome, 'called off');
    assert.deepEqual((await read(inbox)).trim().split('\n').toSorted(), [
      `${cluster}: called off`,
      `${cluster}: the rebuild waits for approval`,
    ]);
  });
});

/** A web server that answers every message with 500; its address holds the token. */
async function brokenServer(t: TestContext): Promise<{ readonly url: string; readonly tries: number }> {
  let tries = 0;
  const server = createServer((request, response) => {
    tries += 1;
    request.resume();
    response.writeHead(500).end(token);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks/${token}`,
    get tries() {
      return tries;
    },
  };
}

/** What this process, in which the worker runs, writes to stderr from here on. */
function captureErrors(t: TestContext): () => string {
  let written = '';
  const write = process.stderr.write.bind(process.stderr);
  t.mock.method(process.stderr, 'write', (chunk: string | Uint8Array) => {
    written += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return write(chunk);
  });
  return () => written;
}

function placesOf(wanted: string, places: Readonly<Record<string, string>>): string[] {
  return Object.entries(places)
    .filter(([, text]) => text.includes(wanted))
    .map(([place]) => place);
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { newestTemporal, repackedTemporal } from '../../scripts/repacked-temporal.ts';
import { openServer } from '../../src/cli/dev-server.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import { ForeignDatabase, putAside } from '../../src/temporal/database-version.ts';
import { startEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { freePort } from '../../src/temporal/free-port.ts';
import { temporalVersions } from '../../src/tools/temporal.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { settingsOf } from './server.ts';

/** `dev` on a computer that has a newer, or an older, Temporal CLI than when it last ran there. */
describe('dev, with a database of another server version', { timeout: 300_000 }, () => {
  for (const [before, after] of [
    ['1.5.1', newestTemporal],
    [newestTemporal, '1.5.1'],
  ] as const) {
    test(`from ${before} to ${after} keeps the old server as long as a run is open, then begins a new database`, async (t) => {
      const computer = await startComputer(t, before, after);
      if (computer === undefined) return;
      const { folder, old, fresh } = computer;
      await useOldServer(computer, async (client) => {
        await client.workflow.start('nobody', { workflowId: 'talos/open', taskQueue: 'nobody' });
      });

      const first = await dev(t, computer);
      assert.match(
        first.said,
        new RegExp(`^A run is open in the database of Temporal server ${old.server}: going on with`),
      );
      const { client, close } = await connectClient(settingsOf(first.server));
      assert.equal((await client.workflow.getHandle('talos/open').describe()).status.name, 'RUNNING');
      await client.workflow.getHandle('talos/open').terminate();
      await close();
      await first.server.stop();

      const second = await dev(t, computer);
      const aside = join(folder, `temporal.db.server-${old.server}`);
      assert.equal(second.said.split('\n').length, 1, second.said);
      assert.ok(
        second.said.startsWith(`No run is open in the database of Temporal server ${old.server}: it is now ${aside},`),
      );
      assert.equal(await readFile(join(folder, 'temporal.db.server-version'), 'utf8'), `${fresh.server}\n`);
      await second.server.stop();

      const third = await dev(t, computer);
      assert.equal(third.said, '');
      await third.server.stop();
      await useServer(old.path, aside, async (kept) => {
        assert.equal((await kept.workflow.getHandle('talos/open').describe()).status.name, 'TERMINATED');
      });
    });
  }

  test('takes a paused run for an open one', async (t) => {
    const computer = await startComputer(t, newestTemporal, '1.5.1');
    if (computer === undefined) return;
    await useOldServer(computer, async (client) => {
      await client.workflow.start('nobody', { workflowId: 'talos/paused', taskQueue: 'nobody' });
      const { workflowService } = client;
      await workflowService.pauseWorkflowExecution({ namespace: 'default', workflowId: 'talos/paused' });
      const description = await client.workflow.getHandle('talos/paused').describe();
      assert.equal(description.status.name, 'PAUSED');
    });
    const { said, server } = await dev(t, computer);
    assert.match(said, /^A run is open/);
    await server.stop();
  });

  test('changes nothing and says what to do when the old server is not to be found', async (t) => {
    const computer = await startComputer(t, '1.5.1', newestTemporal, { isOldCached: false });
    if (computer === undefined) return;
    await useOldServer(computer, async () => undefined);
    const before = await readFile(computer.databaseFile);

    await assert.rejects(dev(t, computer), (error) => {
      assert.ok(error instanceof ForeignDatabase);
      assert.match(error.message, /Nothing was changed\. Either name a Temporal CLI that has server 1\.29 with/);
      assert.match(error.message, /`talos-rebuild start` goes on from there/);
      return true;
    });
    assert.ok(before.equals(await readFile(computer.databaseFile)));
  });

  test('changes nothing when the old server does not tell whether a run is open', async (t) => {
    const computer = await startComputer(t, '1.5.1', newestTemporal);
    if (computer === undefined) return;
    await writeFile(computer.databaseFile, 'no database');
    await writeFile(`${computer.databaseFile}.server-version`, '1.29.1\n');

    await assert.rejects(
      dev(t, computer),
      (error) =>
        error instanceof ForeignDatabase && /did not tell whether a run is open: .* is damaged/.test(error.message),
    );
    assert.equal(await readFile(computer.databaseFile, 'utf8'), 'no database');
  });
});

test('a database that is put aside never takes the place of another file', async (t) => {
  const folder = await temporaryFolder(t);
  const databaseFile = join(folder, 'temporal.db');
  const taken = `${databaseFile}.server-1.29.1`;
  await writeFile(taken, 'an earlier one');
  await copyFile(taken, `${taken}.2`);
  await writeFile(databaseFile, 'this one');
  await writeFile(`${databaseFile}-wal`, 'and what is not yet in it');
  await writeFile(`${databaseFile}.server-version`, '1.29.1\n');

  assert.equal(await putAside(databaseFile, '1.29.1'), `${taken}.3`);
  assert.equal(await readFile(taken, 'utf8'), 'an earlier one');
  assert.equal(await readFile(`${taken}.3`, 'utf8'), 'this one');
  assert.equal(await readFile(`${taken}.3-wal`, 'utf8'), 'and what is not yet in it');
  assert.equal((await readdir(folder)).filter((name) => !name.includes('.server-1.29.1')).length, 0);
});

interface Computer {
  readonly folder: string;
  readonly databaseFile: string;
  readonly old: { readonly path: string; readonly server: string };
  readonly fresh: { readonly path: string; readonly server: string };
}

/** With one real CLI on PATH and the other in the cache; undefined, and the test skipped, when they cannot be had. */
async function startComputer(
  t: TestContext,
  before: '1.5.1' | '1.9.1',
  after: '1.5.1' | '1.9.1',
  { isOldCached = true } = {},
): Promise<Computer | undefined> {
  const found = await Promise.all([repackedTemporal(before), repackedTemporal(after)]);
  const [old, fresh] = found.map((cli) => ('path' in cli ? cli.path : ''));
  const missing = found.find((cli) => 'missing' in cli);
  if (missing !== undefined || !old || !fresh) {
    t.skip(missing?.missing);
    return undefined;
  }

  const folder = await temporaryFolder(t);
  const [path, cache] = [join(folder, 'path'), join(folder, 'cache', 'talos-rebuild', 'bin')];
  await mkdir(path);
  await mkdir(cache, { recursive: true });
  await symlink(fresh, join(path, 'temporal'));
  if (isOldCached) await symlink(old, join(cache, `temporal-${before}`));
  const env = { PATH: path, XDG_CACHE_HOME: join(folder, 'cache'), TALOS_REBUILD_TEMPORAL: '' };
  const outside = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  t.after(() => {
    for (const [name, value] of Object.entries(outside)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const serverOf = async (cli: string) => (await temporalVersions(cli))?.server ?? '';
  return {
    folder,
    databaseFile: join(folder, 'temporal.db'),
    old: { path: old, server: await serverOf(old) },
    fresh: { path: fresh, server: await serverOf(fresh) },
  };
}

type Client = Awaited<ReturnType<typeof connectClient>>['client'];

async function useOldServer({ old, databaseFile }: Computer, use: (client: Client) => Promise<void>): Promise<void> {
  await useServer(old.path, databaseFile, use);
  assert.ok(existsSync(databaseFile));
}

async function useServer(executable: string, databaseFile: string, use: (client: Client) => Promise<void>) {
  const server = await startEmbeddedServer({ executable, databaseFile, port: 0, logFile: `${databaseFile}.log` });
  const { client, close } = await connectClient(settingsOf(server));
  try {
    await use(client);
  } finally {
    await close();
    await server.stop();
  }
}

/** What `dev` does before its worker starts, and what it says of it. */
async function dev(t: TestContext, { folder }: Computer) {
  const lines: string[] = [];
  const [port, uiPort] = [await freePort('127.0.0.1', 0), await freePort('127.0.0.1', 0)];
  assert.ok(port !== undefined && uiPort !== undefined);
  const place = { folder, logFile: join(folder, 'temporal.log'), port, uiPort };
  const server = await openServer(place, (line) => lines.push(line));
  t.after(() => server.stop());
  return { server, said: lines.join('\n') };
}

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { connectClient } from '../../src/temporal/connection.ts';
import { EmbeddedServerRefused } from '../../src/temporal/embedded-server-refused.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { commandLineOf } from '../../src/temporal/server-process.ts';
import { temporalVersions } from '../../src/tools/temporal.ts';
import { settingsOf, startServer } from './server.ts';
import { temporal } from '../programs/temporal.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const bounded = { timeout: 120_000 };

describe('the embedded server', bounded, () => {
  test('keeps evidence for 90 days, shows its Web UI and knows our search attributes', async (t) => {
    const server = await startServer(t, { folder: await temporaryFolder(t) });
    const { client, close } = await connectClient(settingsOf(server));
    t.after(close);

    const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
    assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 90 * 24 * 3600);
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: 'default' });
    assert.ok(customAttributes && 'TalosCluster' in customAttributes);
    assert.equal((await fetch(server.uiUrl)).status, 200);
  });

  test('takes a run that carries our search attributes from its first moment on', async (t) => {
    const server = await startServer(t, { folder: await temporaryFolder(t) });
    const { client, close } = await connectClient(settingsOf(server));
    t.after(close);

    const workflowId = await startUnattended(client, 'talos/fresh');
    const { searchAttributes } = await client.workflow.getHandle(workflowId).describe();
    assert.deepEqual(searchAttributes['TalosCluster'], ['fresh']);
  });

  test('starts again when it dies, with everything that the database held', async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startServer(t, { folder, databaseFile: join(folder, 'temporal.db') });
    const { client, close } = await connectClient(settingsOf(server));
    t.after(close);
    const workflowId = await startUnattended(client, 'talos/kept');

    const serves = new Promise<void>((resolve) => server.onRestart(resolve));
    kill(server, 'SIGKILL');
    await serves;
    assert.equal((await client.workflow.getHandle(workflowId).describe()).status.name, 'RUNNING');
  });

  test('replaces the server that a killed process left behind with the same database', async (t) => {
    const folder = await temporaryFolder(t);
    const databaseFile = join(folder, 'temporal.db');
    const { child, pid } = await startElsewhere(t, { databaseFile, logFile: join(folder, 'server.log') });
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(await commandLineOf(pid), 'it outlives its owner');

    const lines: string[] = [];
    const server = await startServer(t, { folder, databaseFile, report: (line) => lines.push(line) });
    assert.equal(await commandLineOf(pid), undefined);
    assert.notEqual(server.pid(), pid);
    assert.match(lines.join('\n'), /had left behind/);
  });

  test('leaves nothing behind when its owner is killed and all it had was in memory', async (t) => {
    const folder = await temporaryFolder(t);
    const { child, pid } = await startElsewhere(t, { logFile: join(folder, 'server.log') });
    child.kill('SIGKILL');
    await once(child, 'exit');
    while (isGroupAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  });

  test('refuses a database that another running process serves', async (t) => {
    const folder = await temporaryFolder(t);
    const databaseFile = join(folder, 'temporal.db');
    const { child, pid } = await startElsewhere(t, { databaseFile, logFile: join(folder, 'server.log') });

    await assert.rejects(
      startServer(t, { folder, databaseFile }),
      refused(new RegExp(`^Process ${child.pid} is already`)),
    );
    assert.ok(await commandLineOf(pid));
  });

  test('refuses a database of another server version and changes nothing', async (t) => {
    const folder = await temporaryFolder(t);
    const databaseFile = join(folder, 'temporal.db');
    await writeFile(databaseFile, 'as it was');
    await writeFile(`${databaseFile}.server-version`, '1.24.2\n');

    await assert.rejects(
      startServer(t, { folder, databaseFile }),
      refused(
        /written by Temporal server 1\.24\.2.* Nothing was changed\. .*has server 1\.24 with TALOS_REBUILD_TEMPORAL/,
      ),
    );
    assert.equal(await readFile(databaseFile, 'utf8'), 'as it was');
    assert.deepEqual((await readdir(folder)).toSorted(), ['temporal.db', 'temporal.db.server-version']);
  });

  test('says which port is taken and starts nothing', async (t) => {
    const folder = await temporaryFolder(t);
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;

    await assert.rejects(
      startServer(t, { folder, port }),
      refused(new RegExp(`^Port ${port} on 127\\.0\\.0\\.1.* is taken`)),
    );
    assert.equal(existsSync(join(folder, 'server.log')), false);
  });

  test('takes other ports when any will do and another program was faster', async (t) => {
    const folder = await temporaryFolder(t);
    const executable = join(folder, 'temporal');
    const lost = 'listen tcp 127.0.0.1:1: bind: address already in use';
    await writeFile(
      executable,
      `#!/bin/sh
case "$*" in *start-dev*) if mkdir '${folder}/tried' 2>/dev/null; then echo '${lost}'; exit 1; fi ;; esac
exec '${temporal}' "$@"
`,
      { mode: 0o755 },
    );
    const server = await startServer(t, { folder, executable });
    assert.ok(server.pid());
    assert.match(await readFile(join(folder, 'server.log'), 'utf8'), /address already in use/);
  });

  test('shows the last words of a server that does not come up', async (t) => {
    const folder = await temporaryFolder(t);
    const databaseFile = join(folder, 'temporal.db');
    await mkdir(databaseFile);
    const version = (await temporalVersions(temporal))?.server;
    await writeFile(`${databaseFile}.server-version`, `${version}\n`);

    await assert.rejects(
      startServer(t, { folder, databaseFile }),
      refused(/did not come up .* ended by itself .*unable to open database file/s),
    );
  });

  test('is gone when it was stopped', async (t) => {
    const folder = await temporaryFolder(t);
    const executable = temporal;
    const server = await startEmbeddedServer({ executable, port: 0, logFile: join(folder, 'server.log') });
    const pid = server.pid();
    assert.ok(pid);
    await server.stop();
    await server.stop();
    assert.equal(isGroupAlive(pid), false);
  });
});

type Client = Awaited<ReturnType<typeof connectClient>>['client'];

/** Starts a workflow that no worker will ever carry out: it stays as it is. */
async function startUnattended(client: Client, workflowId: string): Promise<string> {
  await client.workflow.start('nobody', {
    workflowId,
    taskQueue: 'nobody',
    searchAttributes: { TalosCluster: [workflowId.slice('talos/'.length)], TalosNeedsPerson: [false] },
  });
  return workflowId;
}

/** Starts a server whose owner is a process of its own, which the test may kill. */
async function startElsewhere(
  t: { after(fn: () => unknown): void },
  options: { databaseFile?: string; logFile: string },
) {
  const module = new URL('../../src/temporal/embedded-server.ts', import.meta.url).href;
  const code = `
    const { startEmbeddedServer } = await import(${JSON.stringify(module)});
    const server = await startEmbeddedServer(${JSON.stringify({ executable: temporal, port: 0, ...options })});
    console.log(server.pid());
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let pid = 0;
  t.after(() => {
    child.kill('SIGKILL');
    if (isGroupAlive(pid)) process.kill(-pid, 'SIGKILL');
  });
  for await (const line of createInterface({ input: child.stdout })) {
    pid = Number(line);
    break;
  }
  assert.ok(pid > 1, 'the server came up');
  return { child, pid };
}

function kill(server: EmbeddedServer, signal: NodeJS.Signals): void {
  const pid = server.pid();
  assert.ok(pid);
  process.kill(-pid, signal);
}

function isGroupAlive(leader: number): boolean {
  try {
    return leader > 1 && process.kill(-leader, 0);
  } catch {
    return false;
  }
}

function refused(message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof EmbeddedServerRefused, String(error));
    assert.match(error.message, message);
    return true;
  };
}

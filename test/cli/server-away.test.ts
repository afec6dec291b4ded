import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cancelRun } from '../../src/cli/runs/cancel-run.ts';
import { sendDecision } from '../../src/cli/runs/decide.ts';
import { hasWorker } from '../../src/cli/runs/has-worker.ts';
import { readRun } from '../../src/cli/runs/read-run.ts';
import { isServerAway } from '../../src/cli/runs/temporal-errors.ts';
import type { Decision } from '../../src/run/gates.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { settingsOf, startServer } from '../temporal/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runCommand } from './run-command.ts';

const example = fileURLToPath(new URL('../../examples/raspberry-pi/cluster.yaml', import.meta.url));
const home = ['--name', 'home'];
const digest = `sha256:${'0'.repeat(64)}`;

const commands: readonly (readonly string[])[] = [
  ['plan', example],
  ['start', example],
  ['status', ...home],
  ['watch', ...home],
  ['list'],
  ['approve', '--digest', digest, ...home],
  ['reject', '--digest', digest, ...home],
  ['answer', 'reset/pi-12', 'retry', ...home],
  ['pause', ...home],
  ['resume', ...home],
  ['cancel', ...home],
];

// Frozen, or a firewall that swallows: the connection is taken, and nothing is ever said on it.
describe('a server that takes connections and never answers', () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));

  before(async () => {
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    Object.assign(process.env, {
      TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
      TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml',
    });
  });

  after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('every command says so and what to do, and ends', { timeout: 60_000 }, async () => {
    const ran = await Promise.all(commands.map(async (args) => ({ args, ...(await runCommand(args)) })));
    for (const { args, code, stdout, stderr } of ran) {
      assert.equal(code, 1, `${args[0]}: ${stderr}`);
      assert.equal(stdout, '', args[0]);
      assert.match(stderr, /No Temporal server answers at 127\.0\.0\.1:\d+\. TEMPORAL_ADDRESS/, args[0]);
    }
  });
});

describe('a server that is stopped after it was connected to', () => {
  test('is given up by whatever is asked of it', { timeout: 120_000 }, async (t) => {
    const server = await startServer(t, { folder: await temporaryFolder(t) });
    const temporal = await connectClient(settingsOf(server));
    t.after(() => temporal.close());
    const { client } = temporal;
    const pid = server.pid();
    assert.ok(pid);
    process.kill(-pid, 'SIGSTOP');

    const asked = { by: 'test', reason: '' };
    const decision: Decision = {
      ...asked,
      gate: 'approval',
      nonce: 'nonce',
      digest,
      runId: 'run',
      decision: 'approve',
    };
    const calls: Record<string, Promise<unknown>> = {
      decision: sendDecision(temporal, 'talos/home', decision, true),
      cancel: cancelRun(client, 'talos/home', 'run', asked),
      look: readRun(client, 'home'),
      worker: hasWorker(temporal, 'talos-rebuild/home'),
      'search attributes': ensureSearchAttributes(client.connection, temporal.namespace),
    };
    const ended = await Promise.allSettled(Object.values(calls));
    process.kill(-pid, 'SIGCONT');
    for (const [index, name] of Object.keys(calls).entries()) {
      const end = ended[index];
      assert.ok(end?.status === 'rejected' && isServerAway(end.reason), `${name}: ${JSON.stringify(end)}`);
    }
  });
});

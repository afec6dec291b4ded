import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '../temporary-folder.ts';
import '../programs/talosctl.ts'; // the demo finds them where this puts them
import '../programs/temporal.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const workerIsNoticedMs = 30_000;

describe('a demo whose parts are killed', { timeout: 240_000 }, () => {
  test('goes on with the worker that its own line starts, and leaves no process and nothing in the way when it is killed itself', async (t) => {
    const folder = await temporaryFolder(t);
    const demo = start(t, folder, ['--yes', '--keep', '--speed', '40']);
    await demo.says(/pi-14: resetting/);
    const port = /Web UI: http:\/\/127\.0\.0\.1:(\d+)/.exec(demo.said())?.[1] ?? '';
    const isOfThis = (line: string): boolean => line.includes(`--ui-port ${port}`) || line.includes(folder);
    const parts = async (): Promise<string[]> => (await processes()).filter(isOfThis);

    const worker = (await parts()).find((line) => line.includes('src/worker.ts'));
    assert.ok(worker);
    process.kill(Number(worker.trim().split(' ')[0]), 'SIGKILL');
    await demo.says(/No worker answers; the run waits\. Start one: .+/, workerIsNoticedMs);
    const line = /Start one: (.+)/.exec(demo.said())?.[1] ?? '';
    const [settings = '', command = ''] = line.split(/(?<=\d) (?=npm)/);
    assert.match(settings, /^TEMPORAL_ADDRESS=127\.0\.0\.1:\d+$/);
    assert.match(command, /^npm run client -- worker --cluster \//);
    const second = spawn('sh', ['-c', `exec env ${line}`], { cwd: root, detached: true, stdio: 'ignore' });
    t.after(() => endGroup(second.pid));
    await demo.says(/Everything stays up until Ctrl-C/, 150_000);
    endGroup(second.pid);

    demo.kill();
    for (let left = await parts(); left.length > 0; left = await parts()) await sleep(100);
    const kept = (await readdir(folder)).filter((name) => name.startsWith('talos-rebuild-demo-'));
    assert.equal(kept.length, 1, 'its files stay to be looked at');

    const next = start(t, folder, ['--speed', '40']); // nobody is there to approve
    assert.equal(await next.ended, 1, next.said());
    assert.match(next.said(), /4 simulated machines run the old cluster/);
    assert.match(next.said(), /reject/i);
  });
});

interface Demo {
  said(): string;
  says(text: RegExp, withinMs?: number): Promise<void>;
  kill(): void;
  readonly ended: Promise<number | null>;
}

/** A demo whose files are in this folder. */
function start(t: { after(fn: () => unknown): void }, folder: string, args: readonly string[]): Demo {
  const child = spawn(process.execPath, ['scripts/start.mjs', 'demo/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return {
    said: () => said,
    says: async (text, withinMs = 60_000) => {
      const endsAt = Date.now() + withinMs;
      while (!text.test(said)) {
        if (child.exitCode !== null || Date.now() > endsAt) throw new Error(`it did not say ${text}: ${said}`);
        await sleep(20);
      }
    },
    kill: () => child.kill('SIGKILL'),
    ended: once(child, 'close').then(([code]) => code as number | null),
  };
}

/** All processes, a line each: id and arguments. */
async function processes(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,args']);
  return stdout.split('\n');
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // it is gone
  }
}

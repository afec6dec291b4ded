import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createActivities } from '../../../src/activities/index.ts';
import { openFolder } from '../../../src/cluster/folder.ts';
import type { Notification } from '../../../src/run/words/notification.ts';
import { clusterYaml } from '../../cluster/cluster-folder.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { attempt } from '../attempt.ts';

const notification: Notification = {
  event: 'gate',
  cluster: 'home',
  title: 'home: Reset of pi-12 did not succeed',
  text: 'It is unreachable.',
  answer: ['talos-rebuild answer reset/pi-12 retry --name home'],
};

interface Told {
  /** What could not be delivered. */
  readonly failures: readonly string[];
  /** All that Temporal is told. */
  readonly told: string;
  readonly folder: string;
}

/** Sends the message by what `notify` in cluster.yaml says. */
async function tell(t: TestContext, notify: (folder: string) => object[]): Promise<Told> {
  const folder = await temporaryFolder(t);
  const clusterFile = path.join(folder, 'cluster.yaml');
  await writeFile(clusterFile, clusterYaml({ notify: JSON.stringify(notify(folder)) }));
  const { openRun, notify: activity } = createActivities({
    folder: await openFolder(path.join(folder, 'secrets')),
    talosctl: () => Promise.reject(new Error('nobody needs it')),
  });
  const told: string[] = [];
  const onTold = (what: string): void => void told.push(what);
  const request = { clusterFile, cluster: 'home', operation: 'rebuild', requestedBy: 'test' } as const;
  const start = { request, runId: 'run-1', startedAt: '2026-01-01T00:00:00.000Z' };
  const { run, notifiers } = await attempt(openRun, start, { onTold }).result;
  assert.equal(notifiers, notify(folder).length);
  const failures = await attempt(activity, { run, notification }, { onTold }).result;
  return { failures, told: told.join('\n'), folder };
}

interface Post {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A web server that answers with these codes, one after the other, and then with the last. */
async function webServer(t: TestContext, codes: readonly number[]): Promise<{ url: string; posts: Post[] }> {
  const posts: Post[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const code = codes[Math.min(posts.length, codes.length - 1)] ?? 200;
      posts.push({ url: request.url ?? '', headers: request.headers, body });
      response.writeHead(code, { location: 'https://elsewhere.example/' }).end('s3cr3t-t0k3n is wrong');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/T0/s3cr3t-t0k3n`, posts };
}

/** A command that is this very program. */
function node(script: string, ...args: string[]): { command: string[] } {
  return { command: [process.execPath, '-e', script, ...args] };
}

describe('notify', () => {
  test('posts to a web address, with the token of the worker’s environment', async (t) => {
    const { url, posts } = await webServer(t, [200]);
    t.after(() => {
      delete process.env['TEST_NTFY_URL'];
      delete process.env['TEST_NTFY_TOKEN'];
    });
    process.env['TEST_NTFY_URL'] = url;
    process.env['TEST_NTFY_TOKEN'] = 'tk_s3cr3t';
    const { failures, told } = await tell(t, () => [
      { urlEnv: 'TEST_NTFY_URL', format: 'ntfy', tokenEnv: 'TEST_NTFY_TOKEN' },
    ]);
    assert.deepEqual(failures, []);
    assert.equal(posts.length, 1);
    assert.equal(posts[0]?.url, '/T0/s3cr3t-t0k3n');
    assert.equal(posts[0].headers.authorization, 'Bearer tk_s3cr3t');
    assert.match(posts[0].body, /unreachable[^]*talos-rebuild answer/);
    assert.doesNotMatch(told, /s3cr3t/);
  });

  test('runs a command with the text on stdin, in arguments and in its environment', async (t) => {
    const script = `require('node:fs').writeFileSync(process.argv[1], JSON.stringify({
      stdin: require('node:fs').readFileSync(0, 'utf8'), args: process.argv.slice(2), env: process.env }))`;
    const { failures, folder } = await tell(t, (at) => [node(script, path.join(at, 'got'), '-s', '{title}', '{text}')]);
    assert.deepEqual(failures, []);
    const got = JSON.parse(await readFile(path.join(folder, 'got'), 'utf8')) as {
      stdin: string;
      args: string[];
      env: Record<string, string>;
    };
    const whole = `${notification.text}\n\n${notification.answer[0]}`;
    assert.equal(got.stdin, whole);
    assert.deepEqual(got.args, ['-s', notification.title, whole]);
    assert.equal(got.env['TALOS_REBUILD_EVENT'], 'gate');
    assert.equal(got.env['TALOS_REBUILD_CLUSTER'], 'home');
    assert.equal(got.env['TALOS_REBUILD_ANSWER'], notification.answer[0]);
  });

  test('is content with a command that reads nothing', async (t) => {
    assert.deepEqual((await tell(t, () => [{ command: ['true'] }])).failures, []);
  });

  test('tries again where that can help, and only there', async (t) => {
    const passing = await webServer(t, [503, 200]);
    const refusing = await webServer(t, [403]);
    const { failures } = await tell(t, () => [{ url: passing.url }, { url: refusing.url }]);
    assert.deepEqual(failures, ['notify[1]: it answered with 403']);
    assert.equal(passing.posts.length, 2);
    assert.equal(refusing.posts.length, 1);
  });

  test('reports every notifier that failed, by its place, and gives no secret away', async (t) => {
    const { url } = await webServer(t, [301]);
    const { failures, told } = await tell(t, () => [
      { url: 'http://127.0.0.1:1/s3cr3t-t0k3n' },
      { url, format: 'slack' },
      { urlEnv: 'TEST_NOT_SET' },
      node('console.error("s3cr3t-t0k3n"); process.exit(3)', 's3cr3t-t0k3n'),
      { command: ['/no/such/program', 's3cr3t-t0k3n'] },
      { command: ['true'] },
    ]);
    assert.match(failures[0] ?? '', /^notify\[0\]: it cannot be reached/);
    assert.deepEqual(failures.slice(1), [
      'notify[1]: it answered with 301',
      'notify[2]: the worker has no environment variable TEST_NOT_SET',
      'notify[3]: its command ended with exit code 3',
      'notify[4]: its command cannot be started (ENOENT)',
    ]);
    assert.match(told, /notify\[4\]/);
    assert.doesNotMatch(told, /s3cr3t/);
  });
});

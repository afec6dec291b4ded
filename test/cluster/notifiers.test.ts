import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { loadCluster } from '../../src/cluster/load-cluster.ts';
import type { Notifier } from '../../src/run/cluster-definition.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { clusterYaml, writeFiles } from './cluster-folder.ts';

async function notifiers(t: TestContext, notify: string): Promise<readonly Notifier[]> {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { 'cluster.yaml': clusterYaml({ notify }) });
  return (await loadCluster(path.join(folder, 'cluster.yaml'))).definition.notify;
}

async function mistake(t: TestContext, notify: string): Promise<string> {
  return notifiers(t, notify).then(
    () => 'none',
    (error: Error & { details?: unknown }) => `${error.message} ${JSON.stringify(error.details)}`,
  );
}

describe('notify in cluster.yaml', () => {
  test('names commands and web addresses, written out or in an environment variable', async (t) => {
    const found = await notifiers(
      t,
      '[{ command: [mail, anna] }, { url: "https://ntfy.sh/x", format: ntfy, tokenEnv: TOKEN }, { urlEnv: SLACK_URL }]',
    );
    assert.deepEqual(found, [
      { kind: 'command', command: ['mail', 'anna'] },
      { kind: 'webhook', url: { value: 'https://ntfy.sh/x' }, tokenEnv: 'TOKEN', format: 'ntfy' },
      { kind: 'webhook', url: { env: 'SLACK_URL' }, format: 'json' },
    ]);
  });

  const mistakes: readonly [string, RegExp][] = [
    ['[{ format: slack }]', /notify\[0\] says nowhere to send to → add `url`/],
    ['[{ url: "https://a.b/c", command: [mail] }]', /notify\[0\] has command and url → keep one/],
    ['[{ command: [] }]', /command is empty/],
    ['[{ command: [mail], format: slack }]', /`format` is for web addresses/],
    ['[{ url: "https://a.b/c", format: slak }]', /did you mean `slack`/],
  ];
  for (const [written, message] of mistakes) {
    test(`is refused as ${written}, with what to write instead`, async (t) => {
      assert.match(await mistake(t, written), message);
    });
  }

  test('never shows an address or a token that was written wrongly', async (t) => {
    for (const written of [
      '[{ url: "hooks.slack.com/services/T0/B0/s3cr3t-t0k3n" }]',
      '[{ url: "https:// hooks.slack.com/s3cr3t-t0k3n" }]',
      '[{ urlEnv: "https://hooks.slack.com/s3cr3t-t0k3n" }]',
      '[{ url: "https://a.b/c", tokenEnv: "tk s3cr3t-t0k3n" }]',
      '["https://hooks.slack.com/s3cr3t-t0k3n"]',
      '"https://hooks.slack.com/s3cr3t-t0k3n"',
    ]) {
      const message = await mistake(t, written);
      assert.match(message, /has a mistake/);
      assert.doesNotMatch(message, /s3cr3t/);
    }
  });
});

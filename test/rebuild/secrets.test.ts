import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { workflowIdOf } from '../../src/run/request.ts';
import { historyTexts } from './history-texts.ts';
import { rehearse } from './rehearsal.ts';
import type { Rehearsal } from './rehearsal.ts';

describe('the secrets of both clusters', () => {
  test('never reach Temporal, the run’s folder or the server’s log', async (t) => {
    const rehearsal = await rehearse(t, { ownServer: true });
    const rebuild = await rehearsal.start();
    await rebuild.approve();
    const progress = await rebuild.result();
    assert.equal(progress.outcome, 'rebuilt', progress.verdict);

    const secrets = await plantedSecrets(rehearsal);
    assert.ok(secrets.length > 15, `${secrets.length} secrets to look for`);
    const places: Record<string, string> = {
      ...(await historyTexts(rehearsal)),
      ...(await filesOf(progress.folder ?? '')),
      log: await readFile(rehearsal.serverLog, 'utf8'),
    };
    assert.ok(Object.keys(places).length > 10);
    for (const [place, text] of Object.entries(places)) {
      assert.deepEqual(found(text, secrets), [], place);
    }
    // The histories were read: what Temporal does keep is found there.
    assert.deepEqual(found(places[workflowIdOf(rehearsal.cluster)] ?? '', [progress.plan?.digest ?? 'none']), [
      progress.plan?.digest,
    ]);
    // The same search finds them where they belong, and in a text that leaks one.
    const configuration = await readFile(path.join(rehearsal.folder.path, 'automation', 'nodes', 'cp-1.yaml'), 'utf8');
    assert.notDeepEqual(found(configuration, secrets), []);
    assert.notDeepEqual(found(`{"error":"${secrets[0]}"}`, secrets), []);
  });
});

/** Every secret value of the old and the new set: keys, tokens and the like, as they stand in secrets.yaml. */
async function plantedSecrets({ folder }: Rehearsal): Promise<string[]> {
  const sets = await readdir(folder.sets);
  const documents = await Promise.all(
    sets.map(async (set): Promise<unknown> =>
      parse(await readFile(path.join(folder.sets, set, 'secrets.yaml'), 'utf8')),
    ),
  );
  return documents
    .flatMap((document) => leaves(document))
    .filter(({ key }) => key !== 'crt' && key !== 'id')
    .map(({ value }) => value);
}

function leaves(value: unknown, key = ''): { key: string; value: string }[] {
  if (typeof value === 'string') return [{ key, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => leaves(one, name));
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)),
  );
}

function found(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => text.includes(secret));
}

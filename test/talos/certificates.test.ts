import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readTalosconfig } from '../../src/talos/certificates.ts';
import { genTalosconfig } from '../../src/talos/generate.ts';
import { clusterOf, talosctl } from './real-talosctl.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('readTalosconfig', () => {
  test('tells role, expiry, endpoints and CA of what talosctl generates', async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'talosconfig');
    await writeFile(join(folder, 'secrets.yaml'), await secretsOf('old'));
    await genTalosconfig(talosctl, clusterOf(), join(folder, 'secrets.yaml'), file);

    const facts = await readTalosconfig(file);
    assert.equal(facts.context, 'talos-k8s-cluster');
    assert.deepEqual(facts.roles, ['os:admin']);
    assert.deepEqual(facts.endpoints, ['192.168.1.11', '192.168.1.12', '192.168.1.13']);
    assert.match(facts.caPem, /^-----BEGIN CERTIFICATE-----\n[^]*-----END CERTIFICATE-----\n$/);
    const days = (facts.expiresAt.getTime() - Date.now()) / 86_400_000;
    assert.ok(days > 364 && days < 366, `${days} days`);
  });

  test('refuses what is no talosconfig, naming the file and showing nothing of it', async (t) => {
    const folder = await temporaryFolder(t);
    const cases = {
      missing: undefined,
      empty: '',
      broken: 'context: "hunter2',
      'of another kind': 'kind: Config\nclusters: [hunter2]\n',
      'without certificates': 'context: home\ncontexts: { home: { ca: hunter2, crt: hunter2, key: hunter2 } }\n',
    };
    for (const [name, text] of Object.entries(cases)) {
      const file = join(folder, name);
      if (text !== undefined) await writeFile(file, text);
      await assert.rejects(readTalosconfig(file), (error: Error) => {
        assert.match(error.message, new RegExp(`^The talosconfig ${file} `));
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
    }
    assert.equal(await readFile(join(folder, 'empty'), 'utf8'), '');
  });
});

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { BadConnectionSettings, connectionSettings } from '../../src/temporal/connection-settings.ts';
import { TemporalUnreachable, connectClient, uiUrl } from '../../src/temporal/connection.ts';
import {
  SearchAttributesMissing,
  assertSearchAttributes,
  ensureSearchAttributes,
  missingSearchAttributes,
} from '../../src/temporal/search-attributes.ts';
import { settingsOf, startServer } from './server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const noFile = { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };

describe('the connection settings', () => {
  test('lead to the embedded server when nothing is set', () => {
    const { address, namespace } = connectionSettings(noFile);
    assert.deepEqual({ address, namespace }, { address: '127.0.0.1:7233', namespace: 'default' });
  });

  test('come from the same variables as those of the Temporal CLI', () => {
    const { address, namespace, options } = connectionSettings({
      ...noFile,
      TEMPORAL_ADDRESS: 'temporal.home:7233',
      TEMPORAL_NAMESPACE: 'lab',
      TEMPORAL_API_KEY: 'a key',
    });
    assert.deepEqual({ address, namespace }, { address: 'temporal.home:7233', namespace: 'lab' });
    assert.equal(options.apiKey, 'a key');
  });

  test('come from a profile of temporal.toml', async (t) => {
    const file = join(await temporaryFolder(t), 'temporal.toml');
    await writeFile(file, '[profile.home]\naddress = "10.0.0.5:7233"\nnamespace = "talos"\n');
    const settings = connectionSettings({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'home' });
    assert.deepEqual([settings.address, settings.namespace], ['10.0.0.5:7233', 'talos']);
  });

  test('are the defaults when temporal.toml is empty or names no profile', async (t) => {
    const file = join(await temporaryFolder(t), 'temporal.toml');
    for (const text of ['', '\n', '# [profile.default]\n# address = "10.0.0.5:7233"\n', 'other = 1\n', '[profile]\n']) {
      await writeFile(file, text);
      const { address, namespace } = connectionSettings({ TEMPORAL_CONFIG_FILE: file });
      assert.deepEqual({ address, namespace }, { address: '127.0.0.1:7233', namespace: 'default' }, text);
      assert.throws(
        () => connectionSettings({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'home' }),
        /'home' not found/,
      );
    }
  });

  test('are found where the Temporal CLI keeps its own', async (t) => {
    const home = await temporaryFolder(t);
    const folder = join(
      home,
      ...(platform() === 'darwin' ? ['Library', 'Application Support'] : ['.config']),
      'temporalio',
    );
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'temporal.toml'), '[profile.default]\naddress = "10.0.0.6:7233"\n');
    assert.equal(connectionSettings({ HOME: home }).address, '10.0.0.6:7233');
  });

  test('are refused with file and line when temporal.toml is broken, and show nothing of its content', async (t) => {
    const file = join(await temporaryFolder(t), 'temporal.toml');
    await writeFile(file, '[profile.default]\napi_key = "a secret key\n');
    assert.throws(
      () => connectionSettings({ TEMPORAL_CONFIG_FILE: file }),
      (error) => {
        assert.ok(error instanceof BadConnectionSettings);
        assert.match(error.message, /cannot be used: line 2, column \d+: Invalid TOML document: /);
        assert.ok(error.message.includes(file));
        assert.doesNotMatch(error.message, /secret key/);
        return true;
      },
    );
    await writeFile(file, '[profile.default]\naddress = 7233\n');
    assert.throws(() => connectionSettings({ TEMPORAL_CONFIG_FILE: file }), /the address is no text.*temporal\.toml/);
    assert.throws(() => connectionSettings({ TEMPORAL_CONFIG_FILE: dirname(file) }), /EISDIR/);
  });

  test('are refused in clear words when the profile does not exist', () => {
    assert.throws(
      () => connectionSettings({ ...noFile, TEMPORAL_PROFILE: 'nope' }),
      (error) => error instanceof BadConnectionSettings && /'nope' not found.*temporal\.toml/.test(error.message),
    );
  });
});

describe('connectClient', { timeout: 120_000 }, () => {
  test('says where no server answers, and what to do', async () => {
    const nobody = connectionSettings({ ...noFile, TEMPORAL_ADDRESS: '127.0.0.1:2' });
    await assert.rejects(connectClient(nobody), (error) => {
      assert.ok(error instanceof TemporalUnreachable);
      assert.match(error.message, /^No Temporal server answers at 127\.0\.0\.1:2\. .*talos-rebuild dev/);
      return true;
    });
  });

  test('names a namespace that the server does not have', async (t) => {
    const server = await startServer(t, { folder: await temporaryFolder(t) });
    await assert.rejects(
      connectClient({ ...settingsOf(server), namespace: 'elsewhere' }),
      (error) =>
        error instanceof TemporalUnreachable && /has no namespace elsewhere.*namespace create/.test(error.message),
    );
  });
});

describe('the search attributes', { timeout: 120_000 }, () => {
  test('are missed with the commands that make them, made through the API, and then no longer missed', async (t) => {
    const server = await startServer(t, { folder: await temporaryFolder(t) });
    const { client, close } = await connectClient(settingsOf(server));
    t.after(close);
    const { connection } = client;
    await connection.operatorService.removeSearchAttributes({
      namespace: 'default',
      searchAttributes: ['TalosPhase', 'TalosNeedsPerson'],
    });

    assert.deepEqual(await missingSearchAttributes(connection, 'default'), ['TalosPhase', 'TalosNeedsPerson']);
    await assert.rejects(
      assertSearchAttributes(connection, 'default'),
      (error) =>
        error instanceof SearchAttributesMissing &&
        error.message.includes('search-attribute create -n default --name TalosNeedsPerson --type Bool'),
    );
    await ensureSearchAttributes(connection, 'default');
    await assertSearchAttributes(connection, 'default');
  });
});

describe('uiUrl', () => {
  test('leads to the page of a workflow whose id has slashes', () => {
    assert.equal(
      uiUrl('talos/home lab', 'run-1', { base: 'http://ui.example/', namespace: 'lab' }),
      'http://ui.example/namespaces/lab/workflows/talos%2Fhome%20lab/run-1/history',
    );
  });
});

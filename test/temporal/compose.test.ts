import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { searchAttributeTypes } from '../../src/run/search-attributes.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import { embeddedDefaults } from '../../src/temporal/embedded-defaults.ts';
import { dynamicConfiguration } from '../../src/temporal/embedded-server.ts';
import { assertSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { settingsOf, startServer } from './server.ts';
import { temporal } from '../programs/temporal.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Service {
  image: string;
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  configs?: { source: string; target: string }[];
  healthcheck?: { test: string[] };
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { content: string }>;
}

const file = fileURLToPath(new URL('../../docker-compose.temporal.yml', import.meta.url));
const compose = parse(await readFile(file, 'utf8')) as Compose;

/** A script as it reaches its container: Compose turns $$ into $. */
function script(name: string): string {
  return (compose.configs[name]?.content ?? '').replaceAll('$$', '$');
}

describe('docker-compose.temporal.yml', { timeout: 120_000 }, () => {
  test('opens the ports of the embedded server, on this machine only', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    const { host, port, uiPort } = embeddedDefaults;
    assert.deepEqual(ports, [`${host}:${port}:7233`, `${host}:${uiPort}:8080`]);
  });

  test('pins every image and names only what it defines', () => {
    for (const [name, { image, depends_on = {}, configs = [] }] of Object.entries(compose.services)) {
      assert.match(image, /^[a-z/-]+:\d+(\.\d+)*$/, name);
      for (const other of Object.keys(depends_on)) assert.ok(compose.services[other], `${name} depends on ${other}`);
      for (const { source } of configs) assert.ok(compose.configs[source], `${name} uses ${source}`);
    }
  });

  test('waits for health before anything that needs it', () => {
    for (const { depends_on = {} } of Object.values(compose.services)) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        if (condition === 'service_healthy')
          assert.ok(compose.services[other]?.healthcheck, `${other} has a health check`);
        else assert.equal(condition, 'service_completed_successfully');
      }
    }
  });

  test('configures the server as the embedded one is', () => {
    const content = compose.configs['dynamic-configuration']?.content ?? '';
    const values = Object.entries(parse(content) as Record<string, [{ value: unknown }]>);
    assert.deepEqual(
      values.map(([key, [{ value }]]) => `${key}=${JSON.stringify(value)}`),
      dynamicConfiguration,
    );
  });

  test('has scripts that a shell can read', () => {
    for (const name of ['set-up-schema', 'set-up-namespace']) {
      const { status, stderr } = spawnSync('/bin/sh', ['-n'], {
        input: script(name),
        encoding: 'utf8',
        timeout: 10_000,
      });
      assert.equal(status, 0, `${name}: ${stderr}`);
    }
  });

  test('gives a real server our retention and search attributes, also the second time', async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startServer(t, { folder });
    const { client, close } = await connectClient(settingsOf(server));
    t.after(close);
    const { connection } = client;
    const searchAttributes = Object.keys(searchAttributeTypes);
    await connection.operatorService.removeSearchAttributes({ namespace: 'default', searchAttributes });
    await connection.workflowService.updateNamespace({
      namespace: 'default',
      config: { workflowExecutionRetentionTtl: { seconds: 86_400 as never } },
    });

    await mkdir(join(folder, 'bin'));
    await symlink(temporal, join(folder, 'bin', 'temporal'));
    const env = {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      TEMPORAL_ADDRESS: server.address,
    };
    for (const _time of ['first', 'second']) {
      await promisify(execFile)('/bin/sh', ['-c', script('set-up-namespace')], { env, timeout: 60_000 });
    }
    await assertSearchAttributes(connection, 'default');
    const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
    assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 90 * 24 * 3600);
  });
});

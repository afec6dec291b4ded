import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfigDocuments } from '../../src/cluster/patch-files.ts';
import { Failure } from '../../src/run/failure.ts';

test('reads every document of a machine configuration, whatever it sets', () => {
  const text = 'machine: { network: { hostname: a } }\n---\n---\nkind: Layer2VIPConfig\nname: 192.168.1.10\n';
  assert.deepEqual(readConfigDocuments('a.yaml', text), [
    { machine: { network: { hostname: 'a' } } },
    { kind: 'Layer2VIPConfig', name: '192.168.1.10' },
  ]);
});

test('says where a configuration is no YAML, without quoting it', () => {
  assert.throws(
    () => readConfigDocuments('/x/a.yaml', 'machine:\n  token: "s3cr3t\n'),
    (error) =>
      error instanceof Failure && /^\/x\/a\.yaml:\d+:\d+: /.test(error.message) && !/s3cr3t/.test(error.message),
  );
});

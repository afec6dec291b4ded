import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { redactedDiff } from '../../src/talos/config-diff.ts';
import { isRecord } from '../../src/talos/config-documents.ts';
import { renderConfigurations } from '../../src/talos/render-configurations.ts';
import { clusterOf, nodeDefinition, talosctl } from './real-talosctl.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('redactedDiff', () => {
  test('shows what changes by document and path, and that secrets change, but no secret', () => {
    const running = `
machine:
  type: controlplane
  token: abcdef.0123456789abcdef
  install: { disk: /dev/sda }
cluster:
  secret: c2VjcmV0LW9mLXRoZS1jbHVzdGVyLTEyMzQ1Njc4OTA=
  controlPlane: { endpoint: https://192.168.1.11:6443 }
`;
    const planned = `
machine:
  type: controlplane
  token: fedcba.fedcba9876543210
  install: { disk: /dev/sda }
cluster:
  secret: c2VjcmV0LW9mLXRoZS1jbHVzdGVyLTEyMzQ1Njc4OTA=
  controlPlane: { endpoint: https://192.168.1.10:6443 }
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 192.168.1.10
link: end0
`;
    assert.equal(
      redactedDiff(running, planned),
      `@@ machine and cluster @@
- cluster.controlPlane.endpoint: "https://192.168.1.11:6443"
+ cluster.controlPlane.endpoint: "https://192.168.1.10:6443"
~ machine.token: <secret changed>

@@ Layer2VIPConfig 192.168.1.10 @@
+ apiVersion: "v1alpha1"
+ kind: "Layer2VIPConfig"
+ link: "end0"
+ name: "192.168.1.10"
`,
    );
  });

  test('is empty between equal configurations, however they are written', () => {
    assert.equal(redactedDiff('machine: {type: worker, token: x}', 'machine:\n  token: x\n  type: worker\n'), '');
  });

  test('hides what users put into files, manifests and environments', () => {
    const planned = `
machine:
  files: [{ path: /var/x, content: "hunter2" }]
  env: { PASSWORD_OF_PROXY: hunter2 }
  registries: { config: { r.example: { auth: { username: hunter2, password: hunter2 } } } }
cluster:
  inlineManifests: [{ name: secret, contents: "hunter2" }]
---
kind: ExtensionServiceConfig
name: tailscale
environment: [TS_AUTHKEY=hunter2]
configFiles: [{ content: hunter2, mountPath: /etc/x }]
`;
    const diff = redactedDiff(undefined, planned);
    assert.doesNotMatch(diff, /hunter2/);
    assert.match(diff, /machine\.files\[0\]\.path: "\/var\/x"/);
    assert.match(diff, /configFiles\[0\]\.mountPath/);
  });

  test('shows none of the secrets of real configurations', async (t) => {
    const setFolder = await temporaryFolder(t);
    const cluster = clusterOf({ nodes: [nodeDefinition('pi-11', 'controlplane', '192.168.1.11')] });
    const texts: string[] = [];
    const secrets: string[] = [];
    for (const name of ['old', 'new'] as const) {
      const secretsFile = join(setFolder, `${name}.yaml`);
      await writeFile(secretsFile, await secretsOf(name));
      const [rendered] = await renderConfigurations({ talosctl, cluster, secretsFile, setFolder });
      texts.push(await readFile(rendered?.file ?? '', 'utf8'));
      secrets.push(...leaves(parse(await readFile(secretsFile, 'utf8'))));
    }

    const [running = '', planned = ''] = texts;
    const diff = redactedDiff(running, planned) + redactedDiff(undefined, planned) + redactedDiff(planned, '{}');
    assert.ok(secrets.length >= 20);
    for (const secret of secrets) assert.ok(!diff.includes(secret), `a value of ${secret.length} characters is shown`);
    assert.match(diff, /~ cluster\.etcd\.ca\.key: <secret changed>/);
  });
});

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return isRecord(value) ? Object.values(value).flatMap(leaves) : [];
}

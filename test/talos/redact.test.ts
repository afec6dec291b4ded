import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { redact } from '../../src/talos/redact.ts';

describe('redact', () => {
  test('takes out keys in every form in which they come by', () => {
    const { privateKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const body = privateKey.split('\n')[1] ?? '';
    const base64 = Buffer.from(privateKey).toString('base64');
    const forms = {
      pem: privateKey,
      'a PEM that is cut off': privateKey.slice(0, 70),
      'a PEM in JSON': JSON.stringify({ tls: privateKey }),
      base64: `tls.key is ${base64} there`,
      'a YAML field': `    key: ${base64}`,
      'a JSON field': `{"password":"correct horse battery"}`,
    };
    for (const [form, text] of Object.entries(forms)) {
      const redacted = redact(text);
      for (const secret of [body, base64, 'correct horse', body.slice(0, 30)]) {
        assert.ok(!redacted.includes(secret), `${form}: ${redacted.length} characters`);
      }
    }
  });

  test('takes out tokens and passwords in addresses', () => {
    const token = 'abcdef.0123456789abcdef';
    assert.ok(!redact(`join with ${token} now`).includes(token));
    assert.equal(redact('GET https://user:pass@proxy.example/x'), 'GET https://<redacted>@proxy.example/x');
  });

  test('takes out whatever Talos draws at random', () => {
    for (let i = 0; i < 20_000; i++) {
      const secret = randomBytes(32).toString('base64');
      assert.ok(!redact(`secret ${secret}`).includes(secret.slice(4, 36)), 'one came through');
    }
  });

  test('leaves what people need: addresses, paths, digests, images, reasons', () => {
    for (const text of [
      'pi-12 (192.168.1.12): does not answer: dial tcp 192.168.1.12:50000: connect: connection refused',
      '/home/someone/.talos-secrets/sets/2026-11-22T19-44-10/nodes/pi-12.yaml',
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'factory.talos.dev/installer/ee21ef4a5ef808a9b7484cc0dda0f25075021691c8c09a276591eedb638ea1f9:v1.13.9',
      'etcd data directory is not empty',
      'k8s.KubernetesDynamicCertificatesStaticPodController finished',
    ]) {
      assert.equal(redact(text), text);
    }
  });
});

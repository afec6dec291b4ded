import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { readKubeconfig } from '../../src/kubernetes/kubeconfig.ts';
import { createAuthority } from '../../simulator/test/certificates.ts';
import { isKubernetesError } from './failures.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ=';

function config(user: object, cluster: object = { server: 'https://127.0.0.1:6443' }): string {
  return stringify({
    clusters: [{ name: 'lab', cluster }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }],
    'current-context': 'lab',
  });
}

describe('readKubeconfig', () => {
  test('refuses what cannot be used, says why, and quotes nothing of it', async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'config');
    const pair = { 'client-certificate-data': SECRET, 'client-key-data': SECRET };
    const cases: [text: string, problem: RegExp][] = [
      ['a: [', /no valid YAML/],
      ['- a', /no kubeconfig/],
      ['clusters: []', /has no context ""/],
      [config(pair).replace('name: me', 'name: you'), /has no user "me"/],
      [config(pair), /certificates and key cannot be used/],
      [config({}), /neither a client certificate nor a token/],
      [config({ exec: { command: SECRET } }), /from another program/],
      [config({ token: SECRET }, { server: 'http://127.0.0.1' }), /does not begin with https/],
      [config({ token: SECRET }, { server: '127.0.0.1' }), /is no URL/],
      [
        config({ token: SECRET }, { server: 'https://a', 'insecure-skip-tls-verify': true }),
        /not to check the certificate/,
      ],
      [
        config({ 'client-certificate': 'missing.pem' }),
        /named? as client-certificate cannot be read|names as client-certificate/,
      ],
    ];
    for (const [text, problem] of cases) {
      await writeFile(file, text);
      await assert.rejects(readKubeconfig(file), (error: Error) => {
        assert.doesNotMatch(error.message, new RegExp(SECRET));
        return isKubernetesError('invalid', problem)(error);
      });
    }
    await assert.rejects(readKubeconfig(join(folder, 'none')), isKubernetesError('invalid', /there is no such file/));
  });

  test('reads credentials from files beside it, and the name that the certificate has to bear', async (t) => {
    const folder = await temporaryFolder(t);
    const authority = await createAuthority();
    const { certificate, key } = await authority.client('admin', 'system:masters');
    await writeFile(join(folder, 'ca.pem'), authority.certificate);
    await writeFile(join(folder, 'me.pem'), certificate);
    await writeFile(join(folder, 'me.key'), key);
    const user = { 'client-certificate': 'me.pem', 'client-key': join(folder, 'me.key') };
    const cluster = { server: 'https://a:1', 'certificate-authority': 'ca.pem', 'tls-server-name': 'b' };
    await writeFile(join(folder, 'config'), config(user, cluster));

    const credentials = await readKubeconfig(join(folder, 'config'));
    assert.equal(credentials.server.host, 'a:1');
    assert.equal(credentials.serverName, 'b');
    assert.equal(credentials.namespace, 'default');
  });
});

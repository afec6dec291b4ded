import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classify } from '../../src/talos/errors.ts';

const rpc = (code: string, text: string): string => `error doing it: rpc error: code = ${code} desc = ${text}`;
const handshake = (text: string): string =>
  rpc('Unavailable', `connection error: desc = "transport: authentication handshake failed: ${text}"`);

describe('classify', () => {
  const cases: [name: string, stderr: string, kind: Parameters<typeof classify>[1], type: string, outcome: string][] = [
    [
      'a machine that is off',
      rpc(
        'Unavailable',
        'connection error: desc = "transport: Error while dialing: dial tcp 192.168.1.12:50000: connect: no route to host"',
      ),
      'credentials',
      'NodeUnreachable',
      'not sent',
    ],
    [
      'a connection that broke in between',
      rpc('Unavailable', 'error reading from server: EOF'),
      'credentials',
      'NodeUnreachable',
      'unknown',
    ],
    [
      'no answer in time',
      rpc('DeadlineExceeded', 'context deadline exceeded'),
      'credentials',
      'NodeUnreachable',
      'unknown',
    ],
    [
      "a machine in maintenance mode or another cluster's",
      handshake('tls: failed to verify certificate: x509: certificate signed by unknown authority'),
      'credentials',
      'CredentialsRefused',
      'not sent',
    ],
    [
      'another CA of the same name',
      handshake(
        'tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of "x509: Ed25519 verification failure" while trying to verify candidate authority certificate "talos")',
      ),
      'credentials',
      'CredentialsRefused',
      'not sent',
    ],
    [
      'a client certificate that is not accepted',
      rpc(
        'Unavailable',
        'connection error: desc = "error reading server preface: remote error: tls: expired certificate"',
      ),
      'credentials',
      'CredentialsRefused',
      'not sent',
    ],
    [
      '--insecure to a configured machine',
      rpc(
        'Unavailable',
        'connection error: desc = "error reading server preface: remote error: tls: certificate required"',
      ),
      'maintenance',
      'UnexpectedCondition',
      'not sent',
    ],
    [
      '--insecure to a configured machine when the pipe breaks first',
      rpc('Unavailable', 'connection error: desc = "error reading server preface: write: broken pipe"'),
      'maintenance',
      'NodeUnreachable',
      'unknown',
    ],
    [
      'another certificate than the pinned one',
      rpc(
        'Unavailable',
        'connection error: desc = "transport: authentication handshake failed: leaf peer certificate doesn\'t match the provided fingerprints: [x]"',
      ),
      'maintenance',
      'WrongMachine',
      'not sent',
    ],
    ['a role that may not', rpc('PermissionDenied', 'not authorized'), 'credentials', 'CredentialsRefused', 'refused'],
    [
      'a second bootstrap',
      rpc('AlreadyExists', 'etcd data directory is not empty'),
      'credentials',
      'CommandFailed',
      'refused',
    ],
    [
      'a bootstrap too early',
      rpc('FailedPrecondition', 'bootstrap is not available yet'),
      'credentials',
      'CommandFailed',
      'refused',
    ],
    ['a fault inside the machine', rpc('Unknown', 'failed to reset'), 'credentials', 'CommandFailed', 'unknown'],
    [
      'a missing talosconfig',
      'failed to open config file "/x/talosconfig": open /x/talosconfig: no such file or directory',
      'credentials',
      'CredentialsRefused',
      'not sent',
    ],
    [
      'a patch that is wrong',
      'static hostname is already set in v1alpha1 config',
      'local',
      'CommandFailed',
      'not sent',
    ],
  ];
  for (const [name, stderr, kind, type, outcome] of cases) {
    test(`knows ${name}`, () => {
      const problem = classify(stderr, kind);
      assert.deepEqual([problem.type, problem.outcome], [type, outcome]);
    });
  }
});

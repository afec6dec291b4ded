import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeCause, likelyCauses } from '../../src/run/causes.ts';
import type { FailureType } from '../../src/run/failure.ts';
import { failureTypes } from '../../src/run/failure.ts';
import { phasesOf } from '../../src/run/operations.ts';
import type { PhaseName } from '../../src/run/operations.ts';

/** What the steps say, and what a person should then think of, in this order. */
const symptoms: readonly [FailureType, PhaseName, string, readonly RegExp[]][] = [
  [
    'NodeUnreachable',
    'reset',
    'pi-12: not in maintenance mode after 900 s: it is unreachable (timed out).',
    [/hangs.*screen/, /another address.*DHCP/, /Firmware not found/],
  ],
  [
    'CommandFailed',
    'canary',
    'pi-14: came back running under set a instead of in maintenance mode: the reset failed on the machine, which keeps its old configuration then.',
    [/user volume.*volumestatus/, /fatal sequencer error/],
  ],
  ['CommandFailed', 'reset', 'pi-12 (10.0.0.12): refused (talosctl reset): sequence not started: locked', [/busy/]],
  [
    'NotYet',
    'reset',
    'pi-12: not in maintenance mode after 900 s: it is running under its old set, as if no reset had reached it.',
    [/busy.*machinestatus/],
  ],
  [
    'NotYet',
    'bootstrap',
    'pi-14: has its new configuration, but does not answer with a certificate of the new cluster after 600 s: it is unreachable (timed out).',
    [/control plane/, /LinkConfig/, /DHCP server/],
  ],
  [
    'NotYet',
    'bootstrap',
    'None of cp-1 is ready for the bootstrap after 600 s: etcd has to wait in state Preparing. No bootstrap was sent.',
    [/Waiting for etcd spec/, /pulled.*registry/],
  ],
  [
    'NotYet',
    'bootstrap',
    'cp-1: its etcd does not list it as a member 600 s after the bootstrap (connection refused). No other machine was asked.',
    [/advertisedSubnets/, /pulled/],
  ],
  ['CommandFailed', 'bootstrap', 'cp-1: refused (talosctl bootstrap): time is not in sync yet', [/time server/]],
  [
    'BootstrapRefused',
    'bootstrap',
    'cp-1: its etcd has data already, though no bootstrap was sent in this run: EPHEMERAL was not wiped.',
    [/etcd members/],
  ],
  [
    'ClusterUnhealthy',
    'verify',
    'VIP: no control plane has 10.0.0.10: is end0 the right link?. The new cluster is not healthy after 1200 s.',
    [/get links/, /healthy etcd/],
  ],
  [
    'ClusterUnhealthy',
    'verify',
    'VIP: 10.0.0.10 comes and goes: no control plane has it now, a moment ago it was on cp-1 and cp-2.',
    [/session with etcd/],
  ],
  [
    'FailoverFailed',
    'failoverDrill',
    'The VIP 10.0.0.10 moves from one control plane to another again and again, by itself.',
    [/session with etcd/],
  ],
  ['ClusterUnhealthy', 'verify', 'API: it does not know the credentials of the kubeconfig (401).', [/clock/]],
  ['ClusterUnhealthy', 'verify', 'API: it answered 403: forbidden.', [/authorizationConfig/]],
  ['ClusterUnhealthy', 'verify', 'API: it answered 429: too many requests.', [/stats -k/]],
  ['ClusterUnhealthy', 'verify', 'VIP: cp-1 has 10.0.0.10 on eth0, planned end0.', [/renamed/]],
  ['ClusterUnhealthy', 'verify', 'etcd: talos-abc is not a planned member', [/remove-member/]],
  ['ClusterUnhealthy', 'verify', 'etcd: cp-2 is still a learner', [/ten minutes/]],
  ['ClusterUnhealthy', 'verify', 'nodes: w-1 is not Ready (CNI)', [/pod network/]],
  [
    'FailoverFailed',
    'failoverDrill',
    'The VIP 10.0.0.10 is on no control plane. Nothing was rebooted.',
    [/links/, /etcd/],
  ],
  [
    'FailoverFailed',
    'failoverDrill',
    'The API did not answer through the VIP for 61000 ms, allowed are 60000 ms; it moved from cp-1 to cp-2.',
    [/v1\.13\.8.*failover\.budget/, /etcd/],
  ],
  [
    'CredentialsRefused',
    'preflight',
    "cp-1: is not under this talosconfig's CA: in maintenance mode, or another cluster's (talosctl get)",
    [/another cluster/],
  ],
  ['CredentialsRefused', 'preflight', 'cp-1: does not accept this client certificate', [/one year/]],
  [
    'WrongMachine',
    'reset',
    'cp-1: another machine answers at 10.0.0.11: serial B instead of A.',
    [/DHCP server/, /plan again/],
  ],
  ['ConfigurationRefused', 'generate', 'cp-1: JSON6902 patches are not supported', [/JSON patch/]],
  ['KubernetesUnavailable', 'verify', 'GET /version: connection refused', [/kube-apiserver/]],
];

describe('the likely causes of a failure', () => {
  for (const [type, phase, seen, expected] of symptoms) {
    test(`of “${seen.slice(0, 70)}” in ${phase} are those that people have met`, () => {
      const lines = likelyCauses({ type, phase, seen }).map(describeCause);
      assert.equal(lines.length, expected.length, lines.join('\n'));
      expected.forEach((one, at) => assert.match(lines[at] ?? '', one));
    });
  }

  test('are none where nothing fits the symptom', () => {
    assert.deepEqual(likelyCauses({ type: undefined, phase: 'reset', seen: 'time is not in sync yet' }), []);
    assert.deepEqual(likelyCauses({ type: 'PreconditionsFailed', phase: 'preflight', seen: '3 findings' }), []);
    assert.deepEqual(likelyCauses({ type: 'NodeUnreachable', phase: 'backUp', seen: 'cp-1: does not answer' }), []);
  });

  test('are never more than three', () => {
    for (const type of failureTypes) {
      for (const phase of phasesOf('rebuild')) {
        const seen = symptoms.map(([, , text]) => text).join('\n');
        assert.ok(likelyCauses({ type, phase, seen }).length <= 3);
      }
    }
  });
});

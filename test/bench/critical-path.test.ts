import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CriticalPath, criticalPath } from '../../bench/critical-path.ts';
import type { Runbook } from '../../bench/path/tear-down.ts';
import { delayed, is, journalOf } from './journal.ts';

const runbook: Runbook = {
  nodes: [
    { name: 'cp-1', role: 'controlplane' },
    { name: 'cp-2', role: 'controlplane' },
    { name: 'cp-3', role: 'controlplane' },
    { name: 'w-1', role: 'worker' },
    { name: 'w-2', role: 'worker' },
  ],
  canary: 'w-1',
};

/**
 * A rebuild in which we never wait: each thing follows at once on the last that it needs. Times are round, so that
 * sums can be checked by eye.
 */
const tearDown = journalOf(`
  0    w-1             stage            resetting
  10   w-1             api              maintenance
  10   w-2             stage            resetting
  12   w-1             time             in sync
  21   w-2             api              maintenance
  21   w-1             stage            booting
  21   w-2             stage            booting
  21   cp-1,cp-2,cp-3  stage            resetting
  23   w-2             time             in sync
  25   w-1,w-2         service/cri      Running, healthy
  30   w-1,w-2         service/kubelet  Running, healthy
`);

const buildUp = journalOf(`
  31   cp-1,cp-2,cp-3  api              maintenance
  31   cp-1,cp-2,cp-3  stage            booting
  33   cp-1,cp-2,cp-3  time             in sync
  34   cp-1,cp-2,cp-3  api              configured
  34.5 cp-1,cp-2,cp-3  service/trustd   Running, healthy
  35   cp-1,cp-2,cp-3  service/cri      Running, healthy
  35   w-1,w-2         api              configured
  40   cp-1,cp-2,cp-3  etcd             prepared
  40   cp-1            !                bootstrapped
  41   cp-1,cp-2,cp-3  service/kubelet  Running, healthy
  42   cp-1            etcd             voter
  43   cp-2            !                joined-etcd
  45   cp-2            etcd             learner
  46   cp-1            service/etcd     Running, healthy
  47   cp-1            vip              held
  49   cp-2            service/etcd     Running, healthy
  50   cp-2            etcd             voter
  51   cp-3            !                joined-etcd
  53   cp-3            etcd             learner
  54   cp-1            apiserver        up
  56   cp-1,w-1,w-2    node             ready
  57   cp-2            apiserver        up
  57   cp-3            service/etcd     Running, healthy
  58   cp-3            etcd             voter
  59   cp-2            node             ready
  65   cp-3            apiserver        up
  67   cp-3            node             ready
`);

const drill = journalOf(`
  67   cp-1            stage            rebooting
  68   cp-2            vip              held
  70   cp-1            stage            booting
  75   cp-1            api              configured
  76   cp-1            service/kubelet  Running, healthy
  78   cp-1            service/etcd     Running, healthy
  87   cp-1            apiserver        up
`);

const whole = [...tearDown, ...buildUp, ...drill];

const elapsed = ({ startedAt, endedAt }: CriticalPath): number => endedAt - startedAt;
const ours = ({ course }: CriticalPath): number =>
  course.filter(({ time }) => time === 'ours').reduce((sum, { ms }) => sum + ms, 0);

describe('the critical path', () => {
  test('is all of the time when we never wait', () => {
    const path = criticalPath(whole, runbook);
    assert.equal(path.ms, 87_000);
    assert.equal(elapsed(path), 87_000);
    assert.equal(ours(path), 0);
  });

  test('shows the chain of machine time that makes it up', () => {
    const { segments, ms } = criticalPath(whole, runbook);
    assert.deepEqual(
      segments.map(({ machine, what, ms: own }) => `${machine} ${what} ${own / 1000}`),
      [
        'w-1 in maintenance mode 10',
        'w-2 in maintenance mode 11',
        'cp-1 in maintenance mode 10',
        'cp-1 CRI runs 4',
        'cp-1 images pulled 5',
        'cp-1 etcd runs 2',
        'cp-2 joins etcd 1',
        'cp-2 etcd runs 2',
        'cp-2 etcd is a voter 5',
        'cp-3 joins etcd 1',
        'cp-3 etcd runs 2',
        'cp-3 etcd healthy 4',
        'cp-3 API server up 8',
        'cp-3 node Ready 2',
        'cp-2 holds the VIP 1',
        'cp-1 boots 2',
        'cp-1 API 5',
        'cp-1 kubelet runs 1',
        'cp-1 etcd healthy 2',
        'cp-1 API server up 9',
      ],
    );
    assert.equal(
      segments.reduce((sum, segment) => sum + segment.ms, 0),
      ms,
    );
  });

  for (const line of ['w-2 stage resetting', 'cp-1 stage resetting', 'cp-1 stage rebooting']) {
    test(`does not hold a second in which we idled before ${line}`, () => {
      const path = criticalPath(delayed(whole, 1, is(line)), runbook);
      assert.equal(path.ms, 87_000);
      assert.equal(elapsed(path), 88_000);
      assert.equal(ours(path), 1000);
    });
  }

  test('does not hold the time for which we were late with the configurations, though clocks went on meanwhile', () => {
    // The control planes get their configuration 3 s late. Their clocks go on meanwhile, but the CRI only
    // starts with the configuration.
    const late = delayed(whole, 3, is('cp-1 stage booting'), (entry) => 'aspect' in entry && entry.aspect === 'time');
    const path = criticalPath(late, runbook);
    assert.equal(path.ms, 87_000);
    assert.equal(elapsed(path), 90_000);
  });

  test('counts no wait of ours that held nothing up', () => {
    // A worker gets its configuration 5 s late, and its kubelet still runs long before there is an API server.
    const late = delayed(whole, 5, is('w-1 stage booting'), ({ machine }) => machine !== 'w-1').map((entry) =>
      is('w-1 node ready')(entry) || is('w-1 api configured')(entry) ? { ...entry, at: entry.at - 5000 } : entry,
    );
    const path = criticalPath(late, runbook);
    assert.equal(path.ms, 87_000);
    assert.equal(elapsed(path), 87_000);
    assert.equal(ours(path), 0);
  });

  test('does not hold the wait for a bootstrap that we asked for when the machine had long been ready', () => {
    const path = criticalPath(delayed(whole, 4, is('cp-1 ! bootstrapped')), runbook);
    assert.equal(path.ms, 87_000);
    assert.deepEqual(
      path.course.filter(({ time, ms }) => time === 'ours' && ms > 0).map(({ what, ms }) => `${what} ${ms}`),
      ['bootstrapped 4000'],
    );
  });

  test('holds the time of a machine that is slower than the others', () => {
    const slow = delayed(whole, 2, is('cp-1 api maintenance'));
    const path = criticalPath(slow, runbook);
    assert.equal(path.ms, 89_000);
    assert.equal(ours(path), 0);
  });

  test('leaves out a slow machine for which nobody had to wait', () => {
    const slow = whole.map((entry) =>
      is('w-2 service/kubelet Running, healthy')(entry) ? { ...entry, at: 53_000 } : entry,
    );
    assert.equal(criticalPath(slow, runbook).ms, 87_000);
  });

  test('ends with the whole cluster where there was no drill', () => {
    const path = criticalPath([...tearDown, ...buildUp], runbook);
    assert.equal(path.ms, 67_000);
    assert.equal(path.endedAt, 67_000);
  });

  test('holds the return of a node that counted as lost during the drill', () => {
    const lost = journalOf('80 cp-1 node lost\n88 cp-1 node ready');
    assert.equal(criticalPath([...whole, ...lost], runbook).ms, 88_000);
  });

  test('has a control plane as canary where there is no worker, and resets the others after it', () => {
    const nodes = runbook.nodes.filter(({ role }) => role === 'controlplane');
    const canaryFirst = [
      ...journalOf('0 cp-3 stage resetting\n10 cp-3 api maintenance'),
      ...whole.filter(({ machine, at }) => machine.startsWith('cp') && !(machine === 'cp-3' && at < 31_000)),
    ].filter((entry) => !is('cp-3 api maintenance')(entry) || entry.at === 10_000);
    const path = criticalPath(canaryFirst, { nodes, canary: 'cp-3' });
    assert.equal(elapsed(path), 87_000);
    // From 10 to 21 nothing went on, and the canary had its configuration 21 s later than it could have had.
    assert.equal(path.ms, 76_000);
  });

  test('is refused for a journal that ends in the middle, naming the machine', () => {
    assert.throws(() => criticalPath(tearDown, runbook), /^Error: cp-1: the journal does not show: api maintenance/);
  });

  test('reads no requests: when we asked for something is no machine time', () => {
    const request = { at: 5000, machine: 'w-1', kind: 'request', method: 'x', role: 'os:admin', args: {} } as const;
    assert.deepEqual(criticalPath([...whole, request], runbook), criticalPath(whole, runbook));
  });
});

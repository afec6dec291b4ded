import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test, type TestContext } from 'node:test';
import { startProbe, type Probe, type ProbeResult } from '../../src/kubernetes/probe-api.ts';
import { isKubernetesError } from './failures.ts';
import { PORT, startCluster, type SimulatedCluster } from '../../simulator/test/simulated-cluster.ts';

const quick = { intervalMs: 10, timeoutMs: 20_000 };

interface Probed {
  cluster: SimulatedCluster;
  requests: EventEmitter;
  /** Whether requests are left without an answer. */
  hang: { on: boolean };
}

async function startProbed(t: TestContext): Promise<Probed> {
  const requests = new EventEmitter();
  const hang = { on: false };
  const cluster = await startCluster(t, {
    onRequest: ({ path }) => {
      requests.emit('request', path);
      return hang.on ? new Promise(() => {}) : Promise.resolve();
    },
  });
  return { cluster, requests, hang };
}

/** Looks again until what is seen is so; the test runner's own limit ends a wait in vain. */
async function until(probe: Probe, isSo: (result: ProbeResult) => boolean): Promise<ProbeResult> {
  for (;;) {
    const result = probe.snapshot();
    if (isSo(result)) return result;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('startProbe', { timeout: 30_000 }, () => {
  test('sees no gap while the API answers, and remembers thousands of answers as one run', async (t) => {
    const { cluster } = await startProbed(t);
    const probe = await startProbe(cluster, quick);
    await until(probe, ({ probes }) => probes >= 20);
    const { isUp, failures, gaps, longest, runs, probes } = await probe.stop();
    assert.deepEqual({ isUp, failures, gaps, longest }, { isUp: true, failures: 0, gaps: 0, longest: undefined });
    assert.equal(runs.length, 1);
    assert.equal(runs[0]?.count, probes);
  });

  test('comes with a fresh connection each time and asks whether the API is ready', async (t) => {
    const { cluster, requests } = await startProbed(t);
    const paths = new Set<string>();
    requests.on('request', (path: string) => paths.add(path));
    const probe = await startProbe(cluster, quick);
    await until(probe, ({ probes }) => probes >= 3);
    // A client that kept its connection would see it end here; a fresh one is not touched by
    // what others are cut off from.
    await cluster.api.unlisten(cluster.host);
    await cluster.api.listen(cluster.host, PORT);
    const before = probe.snapshot().probes;
    await until(probe, ({ probes, isUp }) => probes > before + 3 && isUp);
    await probe.stop();
    assert.deepEqual([...paths], ['/readyz']);
  });

  test('measures how long the API was away, and says how', async (t) => {
    const { cluster } = await startProbed(t);
    const probe = await startProbe(cluster, quick);
    await until(probe, ({ isUp }) => isUp);
    await cluster.api.unlisten(cluster.host);
    await until(probe, ({ isUp }) => !isUp); // a probe that was under way may still be answered
    const gone = Date.now();
    const isAway = ({ failures, longest, isUp }: ProbeResult) =>
      failures >= 5 && !isUp && longest?.endedAt === undefined;
    await until(probe, isAway);
    const back = Date.now();
    await cluster.api.listen(cluster.host, PORT);
    await until(probe, ({ isUp }) => isUp);

    const { longest, gaps, runs } = await probe.stop();
    assert.ok(gaps >= 1);
    assert.ok(longest?.endedAt !== undefined);
    assert.ok(longest.startedAt <= gone + 1 && longest.endedAt >= back - 1, 'the gap holds all of the outage');
    assert.ok(Math.abs(longest.endedAt - longest.startedAt - longest.ms) < 0.01);
    assert.ok(runs.some(({ ok, error }) => !ok && /nothing listens there/.test(error ?? '')));
    assert.equal(runs.at(-1)?.ok, true);
  });

  test('goes on probing while earlier probes hang', async (t) => {
    const { cluster, requests, hang } = await startProbed(t);
    const probe = await startProbe(cluster, { intervalMs: 5, timeoutMs: 20_000 });
    await until(probe, ({ isUp }) => isUp);
    hang.on = true;
    for (let hanging = 0; hanging < 4; hanging++) await once(requests, 'request');
    hang.on = false;
    const { probes } = probe.snapshot();
    const after = await until(probe, (result) => result.probes > probes + 2);
    assert.equal(after.failures, 0, 'the hanging ones have time left');
    assert.equal((await probe.stop()).failures, 0, 'and do not count when probing ends before they do');
  });

  test('a probe without an answer in time has failed', async (t) => {
    const { cluster, hang } = await startProbed(t);
    hang.on = true;
    const probe = await startProbe(cluster, { ...quick, timeoutMs: 40 });
    await until(probe, ({ failures }) => failures >= 2);
    const { isUp, runs } = await probe.stop();
    assert.equal(isUp, false);
    assert.match(runs[0]?.error ?? '', /no answer within 40 ms/);
  });

  test('ends with the signal, and refuses a kubeconfig that cannot be used', async (t) => {
    const { cluster } = await startProbed(t);
    const controller = new AbortController();
    const probe = await startProbe({ ...cluster, signal: controller.signal }, quick);
    await until(probe, ({ probes }) => probes > 0);
    controller.abort();
    const { probes } = await probe.stop();
    assert.equal((await probe.stop()).probes, probes);
    const none = { kubeconfig: `${cluster.folder}/none` };
    await assert.rejects(startProbe(none), isKubernetesError('invalid', /no such file/));
  });
});

import { credentialsFor, type KubernetesAccess } from './client.ts';
import { exchange } from './exchange.ts';
import type { Credentials } from './kubeconfig.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { longestIn, noProbes, withProbe, type Gap, type ProbeSample } from './longest-gap.ts';
import { addToRuns, type ProbeRun } from './probe-runs.ts';

export interface ProbeOptions {
  /** A probe begins every so many ms, whatever became of the one before; default 250. */
  intervalMs?: number;
  /** A probe that is not answered by then has failed; default 1000. */
  timeoutMs?: number;
  /** What is asked for; default `/readyz`, which an API server answers with success only if its etcd does too. */
  path?: string;
}

export interface ProbeResult {
  /** When probing began, and when this was written; ms since the epoch. */
  startedAt: number;
  at: number;
  probes: number;
  failures: number;
  /** How often the API was away, and the longest time of these; undefined if no probe failed. */
  gaps: number;
  longest: Gap | undefined;
  /** Whether no probe that began after the last answer has failed. */
  isUp: boolean;
  /** All that was seen, newest last; see `ProbeRun` for what is dropped. */
  runs: ProbeRun[];
}

export interface Probe {
  snapshot(): ProbeResult;
  /** Ends probing. Probes that have no answer yet are given up and do not count. */
  stop(): Promise<ProbeResult>;
}

/**
 * Probes an API with a fresh connection each time, until stopped or the signal of `access` is aborted. What is measured
 * is how long a client without any connection is left without an answer. Rejects with KubernetesError `invalid` if the
 * kubeconfig cannot be used; after that nothing is thrown: what fails is a sample.
 */
export async function startProbe(access: KubernetesAccess, options: ProbeOptions = {}): Promise<Probe> {
  const { intervalMs = 250, timeoutMs = 1_000, path = '/readyz' } = options;
  const credentials = await credentialsFor(access);
  const ended = new AbortController();
  const underway = new Set<Promise<void>>();
  const runs: ProbeRun[] = [];
  let summary = noProbes;

  // Durations are taken from the monotonic clock; the wall clock is read once, so that setting it makes no gap.
  const wallStart = Date.now() - performance.now();
  const now = () => wallStart + performance.now();
  const startedAt = now();

  const probe = async () => {
    const at = now();
    const error = await ask(credentials, path, timeoutMs, ended.signal);
    if (ended.signal.aborted) return;
    const sample: ProbeSample = {
      at,
      ms: now() - at,
      ok: error === undefined,
      ...(error === undefined ? {} : { error }),
    };
    summary = withProbe(summary, sample);
    addToRuns(runs, sample);
  };
  const begin = () => {
    const one = probe().finally(() => underway.delete(one));
    underway.add(one);
  };
  const timer = setInterval(begin, intervalMs);
  const end = () => {
    clearInterval(timer);
    ended.abort();
    access.signal?.removeEventListener('abort', end);
  };
  if (access.signal?.aborted) end();
  else {
    access.signal?.addEventListener('abort', end, { once: true });
    begin();
  }

  const snapshot = (): ProbeResult => ({
    startedAt,
    at: now(),
    probes: summary.probes,
    failures: summary.failures,
    gaps: summary.gaps,
    longest: longestIn(summary),
    isUp: summary.open === undefined && summary.probes > 0,
    runs: structuredClone(runs),
  });
  return {
    snapshot,
    stop: async () => {
      end();
      await Promise.all(underway);
      return snapshot();
    },
  };
}

/** Undefined for success, else what went wrong in a few words. Never rejects. */
async function ask(
  credentials: Credentials,
  path: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { status } = await exchange(credentials, { method: 'GET', path, timeoutMs, signal });
    return status === 200 ? undefined : `answered ${status}`;
  } catch (error) {
    return error instanceof KubernetesError ? error.message : String(error);
  }
}

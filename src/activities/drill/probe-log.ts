import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../files/atomic-write.ts';
import type { KubernetesAccess } from '../../kubernetes/client.ts';
import type { Gap } from '../../kubernetes/longest-gap.ts';
import { startProbe } from '../../kubernetes/probe-api.ts';
import type { Probe } from '../../kubernetes/probe-api.ts';
import type { ProbeRun } from '../../kubernetes/probe-runs.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { pathOf } from '../attempt/run-files.ts';

const saveEveryMs = 1000;

/** A probe begins every so many ms: the API may have been away for as long without any probe failing. */
export const probeEveryMs = 100;

/** What probes have shown so far, as it is kept in the run's folder. */
export interface ProbeHistory {
  readonly longest?: Gap;
  readonly probes: number;
  readonly runs: readonly ProbeRun[];
}

/**
 * Probes the API and keeps what it sees in `drill.json`, so that a worker that dies in the middle
 * loses a second of it at most.
 */
export class ProbeLog {
  readonly #file: string;
  readonly #before: ProbeHistory | undefined;
  readonly #probe: Probe;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #ended: Promise<ProbeHistory> | undefined;

  private constructor(file: string, before: ProbeHistory | undefined, probe: Probe) {
    this.#file = file;
    this.#before = before;
    this.#probe = probe;
    this.#timer = setInterval(() => this.#save(), saveEveryMs);
  }

  /** Begins to probe, going on from what an earlier attempt saw. */
  static async open(attempt: Attempt, access: KubernetesAccess): Promise<ProbeLog> {
    const file = path.join(pathOf(attempt), 'drill.json');
    const text = await readFile(file, 'utf8').catch(() => undefined);
    const before = text === undefined ? undefined : (JSON.parse(text) as ProbeHistory);
    return new ProbeLog(file, before, await startProbe(access, { intervalMs: probeEveryMs }));
  }

  /** Writes down what was seen until now. */
  async save(): Promise<void> {
    this.#save();
    await this.#writing;
  }

  /** Stops probing and writes down what was seen. May be called again, and does nothing then. */
  async end(): Promise<ProbeHistory> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<ProbeHistory> {
    clearInterval(this.#timer);
    await this.#probe.stop();
    await this.save();
    return this.#history();
  }

  /** Forgets everything: the next drill is a new one. */
  async discard(): Promise<void> {
    await this.end();
    await rm(this.#file, { force: true });
  }

  #history(): ProbeHistory {
    const { longest, probes, runs } = this.#probe.snapshot();
    return joinHistories(this.#before, { probes, runs, ...(longest === undefined ? {} : { longest }) });
  }

  /** One write after the other; what cannot be written is only lost to a crash. */
  #save(): void {
    const text = `${JSON.stringify(this.#history(), undefined, 2)}\n`;
    this.#writing = this.#writing.then(() => writeFileAtomic(this.#file, text)).catch(() => undefined);
  }
}

/**
 * Puts two histories together. Nobody probed in between, so that time counts as a gap: the API may
 * have been away all of it.
 */
export function joinHistories(before: ProbeHistory | undefined, after: ProbeHistory): ProbeHistory {
  if (!before) return after;
  const lastSuccess = before.runs.findLast(({ ok }) => ok);
  const firstSuccess = after.runs.find(({ ok }) => ok);
  const between: Gap[] =
    lastSuccess && firstSuccess ? [gapBetween(lastSuccess.until, firstSuccess.from + firstSuccess.slowestMs)] : [];
  const gaps = [before.longest, ...between, after.longest].filter((gap) => gap !== undefined);
  const longest = gaps.toSorted((a, b) => b.ms - a.ms)[0];
  return {
    probes: before.probes + after.probes,
    runs: [...before.runs, ...after.runs],
    ...(longest === undefined ? {} : { longest }),
  };
}

function gapBetween(startedAt: number, endedAt: number): Gap {
  return { startedAt, endedAt, ms: endedAt - startedAt };
}

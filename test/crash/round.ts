import { join } from 'node:path';
import type { FailureGate } from '../../src/run/gates.ts';
import type { Progress } from '../../src/run/progress.ts';
import { taskQueueOf } from '../../src/run/request.ts';
import { openFolder } from '../../src/cluster/folder.ts';
import { CleanUp } from '../../demo/clean-up.ts';
import { startLab } from '../../simulator/src/lab.ts';
import type { JournalEntry, Lab, PassingCall } from '../../simulator/src/lab.ts';
import { withTimeLimit } from '../../src/talos/time-limit.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import { startEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { attendRebuild } from './attend.ts';
import type { BlowSource, DealtBlow } from './blow.ts';
import { Controller } from './controller.ts';
import { damagesIn } from './damages.ts';
import { callPoint } from './points.ts';
import type { Era, Point, Role } from './points.ts';
import { leaksOf } from './secrets.ts';
import type { Theatre } from './theatre.ts';
import { violations } from './verdict.ts';
import { WorkerProcess } from './worker-process.ts';

export interface RoundOptions {
  readonly number: number;
  readonly blows: BlowSource;
  readonly signal: AbortSignal;
  /** Simulated seconds per second. */
  readonly speed?: number;
  /** What else happens to the machines in this round. */
  readonly prepare?: (lab: Lab) => void;
  /** Whether what happens in this round has to lead to a question; by default none has. */
  readonly mayAsk?: (gate: FailureGate) => boolean;
}

/** One rebuild, with all that was done to it. */
export interface Round {
  readonly number: number;
  readonly passed: readonly Point[];
  readonly dealt: readonly DealtBlow[];
  /** Questions that failures opened and should not have; each was answered with `retry`. */
  readonly gates: readonly FailureGate[];
  /** Questions that the faults of this round had to lead to, answered likewise. */
  readonly owedGates: readonly FailureGate[];
  /** What must not have happened, a line each. */
  readonly findings: readonly string[];
  readonly journal: readonly JournalEntry[];
  /** As the run ended; `undefined` when it was lost. */
  readonly progress: Progress | undefined;
  readonly ms: number;
}

const defaultSpeed = 60;
const limitMs = 10 * 60_000;

/** Carries one rebuild of four machines out, strikes at the given points on the way, and judges what came of it. */
export async function playRound(theatre: Theatre, options: RoundOptions): Promise<Round> {
  const begun = performance.now();
  const cleanUp = new CleanUp();
  try {
    const round = await play(theatre, options, cleanUp);
    return { ...round, number: options.number, ms: performance.now() - begun };
  } finally {
    await cleanUp.run();
  }
}

async function play(
  theatre: Theatre,
  { number, blows, signal, speed = defaultSpeed, prepare, mayAsk = () => false }: RoundOptions,
  cleanUp: CleanUp,
): Promise<Omit<Round, 'number' | 'ms'>> {
  const name = `round-${number}`;
  const { definition, file } = await theatre.newCluster(name);
  const folder = await openFolder(definition.folder);
  const lab = await startLab({ machines: [...theatre.machines], speed });
  cleanUp.add(() => lab.close());
  await lab.bootstrapOldCluster('cp-1');
  prepare?.(lab);
  const files = {
    database: join(theatre.base, `${name}.db`),
    serverLog: join(theatre.base, `${name}-server.log`),
    workerLog: join(theatre.base, `${name}-worker.log`),
  };
  const server = await startEmbeddedServer({
    executable: theatre.temporal,
    databaseFile: files.database,
    port: 0,
    logFile: files.serverLog,
  });
  cleanUp.add(() => server.stop());
  const { address, namespace } = server;
  const { talosctl, bundle, worker } = theatre;
  const order = { address, namespace, folder: folder.path, talosctl, bundle };
  let workers = 0;
  const controller = new Controller(
    {
      folder: folder.path,
      startWorker: (listener) => new WorkerProcess((workers += 1), worker, order, files.workerLog, listener),
      killServer: () => {
        const pid = server.pid();
        if (pid === undefined) throw new Error('there was no Temporal server to kill');
        process.kill(-pid, 'SIGKILL');
      },
      onServerBack: (listener) => server.onRestart(listener),
    },
    blows,
  );
  cleanUp.add(() => controller.end());
  const roles = new Map(definition.nodes.map((node) => [node.name, node.role]));
  lab.faults.watch(async (call) => controller.called(call, pointOf(call, roles.get(call.machine) ?? 'worker', lab)));
  const temporal = await connectClient({ address, namespace, options: { address } });
  cleanUp.add(() => temporal.close());

  const gates: FailureGate[] = [];
  const findings: string[] = [];
  const progress = await attendRebuild({
    client: temporal.client,
    taskQueue: taskQueueOf(folder.id),
    request: { clusterFile: file, cluster: definition.name, operation: 'rebuild', requestedBy: 'crash' },
    signal: withTimeLimit(limitMs, signal),
    asked: (gate) => gates.push(gate),
  }).catch((error: unknown) => {
    findings.push(`lost: ${describe(error)}`);
    return undefined;
  });
  signal.throwIfAborted();
  const machines = definition.nodes.map((node) => node.name);
  if (progress) findings.push(...violations(lab.journal.entries, machines, progress));
  if (progress) findings.push(...(await leaksOf(temporal.client, definition, progress, files)));
  await controller.end();
  await server.stop();
  findings.push(...controller.findings, ...(await damagesIn(folder)));
  return {
    passed: [...controller.passed.values()],
    dealt: controller.dealt,
    gates: gates.filter((gate) => !mayAsk(gate)),
    owedGates: gates.filter(mayAsk),
    findings,
    journal: lab.journal.entries,
    progress,
  };
}

function pointOf(call: PassingCall, role: Role, { journal }: Lab): Point {
  return callPoint(call, role, eraOf(journal.entries, call.machine));
}

/** By what cannot be taken back. */
function eraOf(journal: readonly JournalEntry[], machine: string): Era {
  const has = (effect: string): boolean =>
    journal.some((entry) => entry.kind === 'effect' && entry.machine === machine && entry.effect === effect);
  return has('applied') ? 'new cluster' : has('wiped') ? 'maintenance' : 'old cluster';
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}

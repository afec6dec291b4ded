import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { describeProgress } from '../run/words/current-details.ts';
import type { PhaseName } from '../run/operations.ts';
import { phasesOf } from '../run/operations.ts';
import type { NodeStage, PhaseProgress, Progress } from '../run/progress.ts';
import type { RunRequest } from '../run/request.ts';

/**
 * What is known of a run at this moment. Terminals and the report show it; each change of it is shown in the Web UI.
 */
export class RunProgress {
  #now: Progress;

  constructor({ operation, onlyPlan = false, cluster, requestedBy }: RunRequest) {
    const { workflowId, runId, startTime } = workflowInfo();
    this.#now = {
      version: 1,
      operation,
      onlyPlan,
      cluster,
      workflowId,
      runId,
      requestedBy,
      startedAt: startTime.toISOString(),
      phases: phasesOf(operation).map((name): PhaseProgress => ({ name, state: 'waiting' })),
      nodes: [],
      gates: [],
      approvals: [],
      findings: [],
      remarks: [],
    };
  }

  get now(): Progress {
    return this.#now;
  }

  update(change: Partial<Progress>): void {
    this.#now = { ...this.#now, ...change };
    setCurrentDetails(describeProgress(this.#now));
  }

  setStage(node: string, stage: NodeStage): void {
    const since = instant();
    this.update({ nodes: this.#now.nodes.map((one) => (one.name === node ? { ...one, stage, since } : one)) });
  }

  setPhase(name: PhaseName, change: Partial<PhaseProgress>): void {
    this.update({
      phases: this.#now.phases.map((phase) => {
        if (phase.name !== name) return phase;
        const startedAt = phase.startedAt ?? change.startedAt; // a phase that is begun anew keeps its first instant
        return { ...phase, ...change, ...(startedAt === undefined ? {} : { startedAt }) };
      }),
    });
  }

  /** Whatever is under way in the phases is over. */
  closePhases(): void {
    const endedAt = instant();
    this.update({
      phases: this.#now.phases.map((phase) =>
        phase.state === 'running' || phase.state === 'gate' ? { ...phase, state: 'skipped', endedAt } : phase,
      ),
    });
  }

  endPause(): void {
    const { pause: _over, ...rest } = this.#now;
    this.#now = rest;
    this.update({});
  }

  remark(text: string): void {
    this.update({ remarks: [...this.#now.remarks, { at: instant(), text }].slice(-20) });
  }
}

/** The time of the workflow task, ISO 8601. */
export function instant(): string {
  return new Date().toISOString();
}

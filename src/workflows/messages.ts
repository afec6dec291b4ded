import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Answer, Decision } from '../run/gates.ts';
import type { Progress } from '../run/progress.ts';
import type { MachineWay } from '../run/machine-way.ts';

/** Who asked for something, and why. */
export interface Asked {
  readonly by: string;
  readonly reason: string;
}

/** Everything about the run that a person sees. */
export const progressQuery = defineQuery<Progress>('progress');

/** Approves or rejects the plan; refused at once, with the reason, if it is not exactly this plan of this run. */
export const decideUpdate = defineUpdate<void, [Decision]>('decide');

/**
 * For the Temporal CLI and Web UI, which send signals more easily than updates. A refused one is shown under remarks.
 */
export const approveSignal = defineSignal<[Omit<Decision, 'decision'>]>('approve');
export const rejectSignal = defineSignal<[Omit<Decision, 'decision'>]>('reject');

/** Answers a gate that a failure has opened. */
export const answerUpdate = defineUpdate<void, [Answer]>('answer');

/** Calls the run off; refused after the point of no return. */
export const cancelUpdate = defineUpdate<void, [Asked]>('cancel');

/** Holds the run at the next safe point, and lets it go on. */
export const pauseUpdate = defineUpdate<void, [Asked]>('pause');
export const resumeUpdate = defineUpdate<void, [Asked]>('resume');

/** From a machine's workflow to its parent: the machine was seen in maintenance mode, or need not be reset. */
export const inMaintenanceSignal = defineSignal<[{ readonly node: string }]>('in maintenance');

/** From the parent to a machine's workflow: the point of no return is passed, this configuration may be applied. */
export const releaseSignal = defineSignal<[MachineWay]>('release');

import { ApplicationFailure } from '@temporalio/workflow';
import type { FailureType } from '../run/failure.ts';
import type { Plan, RebuildPlan } from '../run/plan/plan.ts';
import type { RunReference } from '../run/run-reference.ts';
import { doing } from './activities.ts';
import type { Run } from './run.ts';

/** The plan by which a run goes: as it was approved, or as it was amended since, each time with a person's consent. */
export class ApprovedPlan {
  readonly #run: Run;
  readonly #reference: RunReference;
  #approved: RebuildPlan;
  #drafts = 0;
  #isAmended = false;

  constructor(run: Run, reference: RunReference, approved: RebuildPlan) {
    this.#run = run;
    this.#reference = reference;
    this.#approved = approved;
  }

  get plan(): Plan {
    return this.#approved.plan;
  }

  get digest(): string {
    return this.#approved.digest;
  }

  get isAmended(): boolean {
    return this.#isAmended;
  }

  /**
   * Reads cluster.yaml and its patches again and goes by what they say from now on, once a person has approved the
   * difference. Fails, and leaves everything as it is, if that cannot be done or nobody agrees.
   */
  async amend(): Promise<void> {
    const number = ++this.#drafts;
    const run = this.#reference;
    const draft = await doing('Read cluster.yaml again').draftAmendment({ run, plan: this.plan, number });
    const { digest, consequences, diffs } = draft;
    const approval = await this.#run.approve({
      id: `approval/amendment-${number}`,
      title: `Approve amendment ${number} of the rebuild of ${this.plan.cluster}`,
      digest,
      consequences: [...consequences, ...Object.values(diffs).map((file) => `What changes is in ${file}.`)],
      approval: this.plan.approval,
    });
    if (approval.decision !== 'approve') {
      throw ApplicationFailure.nonRetryable(
        `Amendment ${number} was not approved (${approval.decision} by ${approval.by}). Everything is as it was.`,
        'AmendmentRefused' satisfies FailureType,
      );
    }
    await doing('Take up the amendment').adoptAmendment({ run, number, digest });
    const noted = [...this.#approved.consequences, ...consequences.map((line) => `Amendment ${number}: ${line}`)];
    this.#approved = { ...this.#approved, ...draft, consequences: noted, diffs: { ...this.#approved.diffs, ...diffs } };
    this.#isAmended = true;
    this.#run.progress.update({ plan: this.#approved });
  }
}

import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  condition,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  TerminatedFailure,
} from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { controlPlanes } from '../run/cluster-definition.ts';
import type { PhaseName } from '../run/operations.ts';
import type { PlannedNode } from '../run/plan/plan.ts';
import { nodeWorkflowIdOf } from '../run/request.ts';
import type { MachineWay } from '../run/machine-way.ts';
import type { RunReference } from '../run/run-reference.ts';
import type { ApprovedPlan } from './approved-plan.ts';
import { inMaintenanceSignal, releaseSignal } from './messages.ts';
import type { rebuildNode } from './rebuild-node.ts';
import type { Run } from './run.ts';

/** As that of the run: a decision takes milliseconds, and one that is late was lost with its worker. */
const workflowTaskTimeout = '5s';

interface Child {
  readonly handle: ChildWorkflowHandle<typeof rebuildNode>;
  /** By which it builds the machine: that of its start, or of its release. */
  way: MachineWay;
}

/**
 * The machines on their way through the rebuild, one child workflow each. Machines that were reset before the
 * point of no return wait in maintenance mode until it is passed, so that calling off can still give them
 * their old configuration back.
 */
export class Fleet {
  readonly #run: Run;
  readonly #reference: RunReference;
  readonly #approved: ApprovedPlan;
  readonly #children = new Map<string, Child>();
  readonly #begun = new Set<string>();
  readonly #inMaintenance = new Set<string>();
  readonly #givenUp = new Set<string>();
  /** The digest of the configuration that each machine was brought to. */
  readonly #built = new Map<string, string>();
  readonly #lives: Promise<void>[] = [];
  #isReleased = false;

  constructor(run: Run, reference: RunReference, approved: ApprovedPlan) {
    this.#run = run;
    this.#reference = reference;
    this.#approved = approved;
    setHandler(inMaintenanceSignal, ({ node }) => this.#reachedMaintenance(node), {
      description: 'From a machine’s workflow: it is in maintenance mode. Not for people.',
    });
  }

  /** Resets these machines and returns when each has been seen in maintenance mode. Safe to call again. */
  async intoMaintenance(names: readonly string[]): Promise<void> {
    for (const name of names) this.#begin(name);
    await this.#until(() => names.every((name) => this.#inMaintenance.has(name) || this.#givenUp.has(name)));
  }

  /**
   * The point of no return is passed: every machine gets its new configuration as soon as it is in maintenance mode.
   */
  async release(): Promise<void> {
    this.#isReleased = true;
    await Promise.all([...this.#children.keys()].map((name) => this.#releaseChild(name)));
    for (const { name, reset } of this.#approved.plan.nodes) if (reset === 'none') this.#begin(name);
  }

  /** Returns when every machine runs under the new set. */
  async allRunning(): Promise<void> {
    await condition(() => this.#isReleased && this.#begun.size === this.#approved.plan.nodes.length);
    for (let awaited = 0; awaited < this.#lives.length;) {
      awaited = this.#lives.length;
      await Promise.all(this.#lives);
    }
  }

  /**
   * Machines that were built by another configuration than the plan has now get that one; those on their
   * way see it by themselves.
   */
  takeUpAmendment(): void {
    for (const node of this.#approved.plan.nodes) {
      const built = this.#built.get(node.name);
      if (built === undefined || built === node.configurationSha256) continue;
      this.#begun.delete(node.name);
      this.#begin(node.name);
    }
  }

  /** The workers that a person gave up by name. */
  get givenUp(): string[] {
    return [...this.#givenUp];
  }

  /** Returns when nothing more is sent to any machine: each one's workflow has ended, however. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#lives);
  }

  /** Returns when a control plane is ready for its new configuration. */
  async firstControlPlane(): Promise<void> {
    const names = controlPlanes(this.#approved.plan.nodes).map(({ name }) => name);
    await condition(() => this.#isReleased && names.some((name) => this.#inMaintenance.has(name)));
  }

  #begin(name: string): void {
    if (this.#begun.has(name) || this.#givenUp.has(name)) return;
    this.#begun.add(name);
    this.#built.delete(name);
    const life = this.#live(this.#planned(name));
    life.catch(() => undefined); // it is seen where the machines are waited for, which may not have begun yet
    this.#lives.push(life);
  }

  /**
   * One machine from its reset to running, through as many gates as it takes, until it has the
   * configuration that the plan has now.
   */
  async #live({ name, role, address }: PlannedNode): Promise<void> {
    for (;;) {
      const way = this.#wayOf(name);
      const isReleased = this.#isReleased;
      this.#run.progress.setStage(name, this.#inMaintenance.has(name) ? 'applying' : 'resetting');
      try {
        const handle = await startChild<typeof rebuildNode>('rebuildNode', {
          workflowId: nodeWorkflowIdOf(this.#approved.plan.cluster, name),
          args: [{ way, isReleased }],
          workflowTaskTimeout, // by default 10 s, whatever the run has
          staticSummary: `Rebuild ${name} (${role}, ${address})`,
          parentClosePolicy: ParentClosePolicy.TERMINATE,
          cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        });
        this.#children.set(name, { handle, way });
        if (this.#isReleased && !isReleased) await this.#releaseChild(name);
        const built = await handle.result();
        this.#built.set(name, built);
        if (built !== this.#planned(name).configurationSha256) continue;
        return this.#run.progress.setStage(name, 'running');
      } catch (error) {
        if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
        const { node } = this.#children.get(name)?.way ?? way;
        // It failed by a configuration that was amended meanwhile.
        if (node.configurationSha256 !== this.#planned(name).configurationSha256) continue;
        this.#run.progress.setStage(name, 'failed');
        const failed = { phase: this.#phaseOf(name), error: inWords(name, error), node: name, skip: role === 'worker' };
        if ((await this.#run.ask(failed)) === 'skip') return this.#giveUp(name);
      }
    }
  }

  /** The child may have failed or ended in the same moment; its next start knows that it is released. */
  async #releaseChild(name: string): Promise<void> {
    const child = this.#children.get(name);
    if (!child) return;
    if (this.#inMaintenance.has(name)) this.#run.progress.setStage(name, 'applying');
    child.way = this.#wayOf(name);
    try {
      await child.handle.signal(releaseSignal, child.way);
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }

  #giveUp(name: string): void {
    this.#givenUp.add(name);
    this.#run.progress.setStage(name, 'given up');
  }

  #planned(name: string): PlannedNode {
    const node = this.#approved.plan.nodes.find((one) => one.name === name);
    if (!node) throw new Error(`${name} is not planned`);
    return node;
  }

  #wayOf(name: string): MachineWay {
    const { plan, isAmended } = this.#approved;
    const node = this.#planned(name);
    const addresses = controlPlanes(plan.nodes).map(({ address }) => address);
    return {
      run: this.#reference,
      node,
      ...(node.reset === 'wipe' && node.runsUnder !== undefined ? { from: node.runsUnder } : {}),
      to: plan.set,
      controlPlanes: addresses,
      isAmended: isAmended || node.runsUnder === plan.set, // an earlier run built it, maybe by another cluster.yaml
    };
  }

  #phaseOf(name: string): PhaseName {
    if (this.#inMaintenance.has(name)) return 'bootstrap';
    return this.#approved.plan.order.canary === name ? 'canary' : 'reset';
  }

  #reachedMaintenance(node: string): void {
    this.#inMaintenance.add(node);
    this.#run.progress.setStage(node, this.#isReleased ? 'applying' : 'maintenance');
  }

  /** Waits for a condition, and fails if a machine's life ends with a defect of ours in the meantime. */
  async #until(reached: () => boolean): Promise<void> {
    await Promise.race([condition(reached), Promise.all(this.#lives).then(() => condition(reached))]);
  }
}

/**
 * Somebody may end a machine's workflow by hand, as in the Web UI, which says nothing of what becomes of the machine.
 */
function inWords(name: string, error: unknown): unknown {
  const { cause } = error instanceof ChildWorkflowFailure ? error : {};
  const isTerminated = cause instanceof TerminatedFailure;
  if (!isTerminated && !(cause instanceof CancelledFailure)) return error;
  return ApplicationFailure.nonRetryable(
    `${name}: its workflow was ${isTerminated ? 'terminated' : 'cancelled'} by somebody. The machine does what it was told before, and ` +
      'is told nothing more. Retry looks at it and goes on from there.',
  );
}

import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { controlPlanes } from '../run/cluster-definition.ts';
import type { PhaseName } from '../run/phases.ts';
import type { Plan, PlannedNode } from '../run/plan.ts';
import type { NodeStage } from '../run/progress.ts';
import { nodeWorkflowIdOf } from '../run/request.ts';
import type { NodeStep, RunReference } from '../run/steps.ts';
import { nodeStageSignal, releaseSignal } from './messages.ts';
import type { rebuildNode } from './rebuild-node.ts';
import type { Run } from './run.ts';

/**
 * The machines on their way through the rebuild, one child workflow each. Machines that were reset before the point of no return
 * wait in maintenance mode until it is passed, so that calling off can still give them their old configuration back.
 */
export class Fleet {
  readonly #run: Run;
  readonly #reference: RunReference;
  readonly #plan: Plan;
  readonly #children = new Map<string, ChildWorkflowHandle<typeof rebuildNode>>();
  readonly #begun = new Set<string>();
  readonly #inMaintenance = new Set<string>();
  readonly #lives: Promise<void>[] = [];
  #isReleased = false;

  constructor(run: Run, reference: RunReference, plan: Plan) {
    this.#run = run;
    this.#reference = reference;
    this.#plan = plan;
    setHandler(nodeStageSignal, ({ node, stage }) => this.#reached(node, stage), {
      description: 'From a machine’s workflow: how far it is. Not for people.',
    });
  }

  /** Resets these machines and returns when each has been seen in maintenance mode. Safe to call again. */
  async intoMaintenance(names: readonly string[]): Promise<void> {
    for (const name of names) this.#begin(name);
    await this.#until(() => names.every((name) => this.#inMaintenance.has(name)));
  }

  /** The point of no return is passed: every machine gets its new configuration as soon as it is in maintenance mode. */
  async release(): Promise<void> {
    this.#isReleased = true;
    await Promise.all([...this.#children.values()].map((child) => signalIfRunning(child)));
    for (const { name, reset } of this.#plan.nodes) if (reset === 'none') this.#begin(name);
  }

  /** Returns when every machine runs under the new set. */
  async allRunning(): Promise<void> {
    await condition(() => this.#isReleased && this.#begun.size === this.#plan.nodes.length);
    await Promise.all(this.#lives);
  }

  /** Returns when nothing more is sent to any machine: each one's workflow has ended, however. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#lives);
  }

  /** Returns when a control plane is ready for its new configuration. */
  async firstControlPlane(): Promise<void> {
    const names = controlPlanes(this.#plan.nodes).map(({ name }) => name);
    await condition(() => this.#isReleased && names.some((name) => this.#inMaintenance.has(name)));
  }

  /** The machines whose reset may have been sent. */
  get begun(): string[] {
    return [...this.#begun];
  }

  #begin(name: string): void {
    const node = this.#plan.nodes.find((one) => one.name === name);
    if (!node || this.#begun.has(name)) return;
    this.#begun.add(name);
    const life = this.#live(node);
    life.catch(() => undefined); // who waits for the machines sees it; nobody may be waiting yet
    this.#lives.push(life);
  }

  /** One machine from its reset to running, through as many gates as it takes. */
  async #live(node: PlannedNode): Promise<void> {
    for (;;) {
      try {
        const child = await startChild<typeof rebuildNode>('rebuildNode', {
          workflowId: nodeWorkflowIdOf(this.#plan.cluster, node.name),
          args: [{ step: this.#stepOf(node), isReleased: this.#isReleased }],
          staticSummary: `Rebuild ${node.name} (${node.role}, ${node.address})`,
          parentClosePolicy: ParentClosePolicy.TERMINATE,
          cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        });
        this.#children.set(node.name, child);
        if (this.#isReleased) await signalIfRunning(child);
        await child.result();
        return;
      } catch (error) {
        if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
        this.#run.setStage(node.name, 'failed');
        await this.#run.ask(this.#phaseOf(node), error, ['retry', 'abort'], node.name);
      }
    }
  }

  #stepOf(node: PlannedNode): NodeStep {
    const { newSet, secrets, nodes } = this.#plan;
    const addresses = controlPlanes(nodes).map(({ address }) => address);
    return { run: this.#reference, node, newSet, secrets, controlPlanes: addresses };
  }

  #phaseOf(node: PlannedNode): PhaseName {
    if (this.#inMaintenance.has(node.name)) return 'bootstrap';
    return this.#plan.order.canary === node.name ? 'canary' : 'reset';
  }

  #reached(node: string, stage: NodeStage): void {
    if (stage === 'maintenance') this.#inMaintenance.add(node);
    this.#run.setStage(node, stage);
  }

  /** Waits for a condition, and fails if a machine's life ends with a defect of ours in the meantime. */
  async #until(reached: () => boolean): Promise<void> {
    await Promise.race([condition(reached), Promise.all(this.#lives).then(() => condition(reached))]);
  }
}

/** The child may have failed or ended in the same moment; its next start knows that it is released. */
async function signalIfRunning(child: ChildWorkflowHandle<typeof rebuildNode>): Promise<void> {
  try {
    await child.signal(releaseSignal);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

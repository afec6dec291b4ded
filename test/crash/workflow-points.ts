import { proxySinks, workflowInfo } from '@temporalio/workflow';
import type { Sinks, WorkflowInterceptors } from '@temporalio/workflow';

/** What a workflow tells the suite's worker at the end of each task, which waits for it before it reports the task. */
export interface PointSinks extends Sinks {
  points: { concluded(role: string | undefined, commands: readonly string[]): void };
}

type Command = Readonly<Record<string, unknown>>;

/**
 * Interceptors of the suite's own, bundled beside the product's workflows: they change nothing and tell
 * what is about to be reported.
 */
export function interceptors(): WorkflowInterceptors {
  const { points } = proxySinks<PointSinks>();
  let role: string | undefined;
  return {
    inbound: [
      {
        execute: (input, next) => {
          role = roleIn(input.args[0]);
          return next(input);
        },
      },
    ],
    internals: [
      {
        concludeActivation: (input, next) => {
          const output = next(input);
          const commands = output.commands.map((command) => nameOf(command as Command));
          if (!commands.includes('answer a query')) points.concluded(role, commands);
          return output;
        },
      },
    ],
    outbound: [],
  };
}

/** The machine's role, which the workflow of a machine is given. */
function roleIn(input: unknown): string | undefined {
  if (workflowInfo().workflowType !== 'rebuildNode') return undefined;
  return (input as { step?: { node?: { role?: string } } }).step?.node?.role;
}

/** A command of the workflow in words: its kind, and what it is about where that tells two apart. */
function nameOf(command: Command): string {
  if (command['respondToQuery']) return 'answer a query';
  const activity = command['scheduleActivity'] as { activityType?: string } | undefined;
  if (activity) return `schedule ${activity.activityType}`;
  const child = command['startChildWorkflowExecution'] as { workflowType?: string } | undefined;
  if (child) return `start ${child.workflowType}`;
  const signal = command['signalExternalWorkflowExecution'] as { signalName?: string } | undefined;
  if (signal) return `signal ${signal.signalName}`;
  const update = command['updateResponse'] as Command | undefined;
  if (update) return `update ${update['accepted'] ? 'accepted' : update['rejected'] ? 'rejected' : 'completed'}`;
  return Object.keys(command).find((key) => key !== 'userMetadata' && command[key]) ?? 'nothing';
}

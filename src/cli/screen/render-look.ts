import type { RunLook } from '../runs/read-run.ts';
import type { TaskFailures } from '../runs/task-failures.ts';
import { duration } from '../../run/duration.ts';
import { between, clock } from './instants.ts';
import { describeStep } from './pending-step.ts';
import { renderProgress } from './render-progress.ts';
import { type View, commandLine } from './view.ts';

/** A look at a run as lines, whatever could be learnt of it. */
export function renderLook(look: RunLook, view: View): string[] {
  if (look.kind === 'seen') return renderProgress(look.progress, look.steps, view);
  const { books, lastSeen } = look;
  const { paint, now } = view;
  const heading = `${paint.bold(books.cluster ?? books.workflowId)}  since ${clock(books.startedAt, now)}, run ${books.runId}`;
  const phase = books.phase === undefined ? [] : [`  phase         ${books.phase}`];
  const person = books.needsPerson ? [paint.yellow('  waits for a person')] : [];
  if (look.kind === 'broken') {
    const after = books.endedAt === undefined ? '' : ` after ${duration(between(books.startedAt, books.endedAt, now))}`;
    return [
      heading,
      ...phase,
      paint.red(`  ended${after} without a result: ${look.reason}`),
      `  \`${commandLine(view.invocation, 'start')}\` goes on from what the machines show, with a new plan and approval.`,
    ];
  }
  return [
    heading,
    ...phase,
    ...person,
    ...(look.taskFailures === undefined
      ? [
          paint.yellow('  No worker answers; this is what the server itself knows. Start one:'),
          `  ${paint.bold(commandLine(view.invocation, 'worker'))}`,
        ]
      : describeTaskFailures(look.taskFailures, view)),
    ...look.steps.map((step) => `  ${step.node ?? 'cluster'}: ${step.activity} ${describeStep(step)}`.trimEnd()),
    ...(lastSeen === undefined
      ? []
      : ['', paint.dim('Seen last from here:'), ...renderProgress(lastSeen, look.steps, view)]),
  ];
}

/** It is not under way, though Temporal lists it as running. */
function describeTaskFailures({ attempt, message, since }: TaskFailures, { paint, now }: View): string[] {
  const when = since === undefined ? '' : ` since ${clock(since, now)}`;
  return [
    paint.red(`  STUCK: the workflow's own code fails${when}, attempt ${attempt}: ${message}`),
    '  Nothing is sent to machines meanwhile. It is a defect of talos-rebuild, or the worker has another version than the one that began the run:',
    '  start a worker of that version, or one in which it is mended, and the run goes on by itself.',
  ];
}

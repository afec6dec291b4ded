import type { RunLook } from '../runs/read-run.ts';
import { between, clock, duration } from './instants.ts';
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
      `  \`${commandLine(view.invocation, 'start')}\` begins anew from what the machines show.`,
    ];
  }
  return [
    heading,
    ...phase,
    ...person,
    paint.yellow('  No worker answers; this is what the server itself knows. Start one:'),
    `  ${paint.bold(commandLine(view.invocation, 'worker'))}`,
    ...look.steps.map((step) => `  ${step.node ?? 'cluster'}: ${step.activity} ${describeStep(step)}`.trimEnd()),
    ...(lastSeen === undefined
      ? []
      : ['', paint.dim('Seen last from here:'), ...renderProgress(lastSeen, look.steps, view)]),
  ];
}

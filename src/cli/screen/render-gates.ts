import { answerLine, approveLine, rejectLine } from '../../run/words/answer-lines.ts';
import { describeCause } from '../../run/causes.ts';
import type { Choice, Gate } from '../../run/gates.ts';
import { phases } from '../../run/operations.ts';
import { duration } from '../../run/duration.ts';
import { between, clock } from './instants.ts';
import { labelled } from './layout.ts';
import type { View } from './view.ts';

/** Every open question: what was seen, what to do, and the exact lines that answer it. */
export function renderGates(gates: readonly Gate[], view: View): string[] {
  return gates.flatMap((gate) => ['', ...renderGate(gate, view)]);
}

function renderGate(gate: Gate, view: View): string[] {
  const { paint, width } = view;
  const heading = paint.yellow(paint.bold(`? ${gate.title}`));
  const since = paint.dim(
    `  gate ${gate.id}, phase ${phases[gate.phase].title}, open for ${duration(between(gate.openedAt, undefined, view.now))}`,
  );
  if (gate.kind === 'approval') {
    return [
      heading,
      since,
      ...(gate.phase === 'approval' ? [] : gate.consequences.flatMap((line) => labelled('  this     ', line, width))),
      `  digest   ${gate.digest}`,
      `  expires  ${clock(gate.deadline, view.now)}`,
      `  approve  ${paint.bold(approveLine(gate.digest, view.invocation))}`,
      `  reject   ${rejectLine(gate.digest, view.invocation)}`,
    ];
  }
  return [
    heading,
    since,
    ...labelled('  seen     ', gate.seen, width),
    ...labelled('  do       ', gate.remedy, width),
    ...(gate.causes ?? []).flatMap((cause) => labelled('  perhaps  ', describeCause(cause), width)),
    ...(gate.evidence === undefined ? [] : [`  evidence ${gate.evidence}`]),
    ...gate.choices.map(
      (choice) => `  ${answerLabel(choice)}${paint.bold(answerLine(gate.id, choice, view.invocation))}`,
    ),
  ];
}

function answerLabel(choice: Choice): string {
  return choice.padEnd(9);
}

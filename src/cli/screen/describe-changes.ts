import { phases } from '../../run/operations.ts';
import type { Gate } from '../../run/gates.ts';
import type { PhaseProgress, Progress } from '../../run/progress.ts';
import { duration } from '../../run/duration.ts';
import { between } from './instants.ts';
import { describeOutcome } from '../../run/outcomes.ts';
import { describeStage } from './render-machines.ts';

/** What happened between two looks at a run, one line each: for logs and pipes, where nothing can be redrawn. */
export function describeChanges(before: Progress | undefined, after: Progress): string[] {
  return [
    ...after.phases.flatMap((phase) => phaseChange(find(before?.phases, phase.name), phase)),
    ...after.nodes
      .filter((node) => find(before?.nodes, node.name)?.stage !== node.stage && node.stage !== 'waiting')
      .map((node) => `${node.name}: ${describeStage(node.stage)}`),
    ...after.remarks.slice(countOfKnown(before, after)).map((remark) => remark.text),
    ...after.gates
      .filter((gate) => !before?.gates.some((known) => known.nonce === gate.nonce))
      .map((gate) => describeGate(gate)),
    ...(after.outcome !== undefined && before?.outcome === undefined
      ? [`${describeOutcome(after.outcome)}${after.verdict === undefined ? '' : ` ${after.verdict}`}`]
      : []),
  ];
}

function find<T extends { readonly name: string }>(list: readonly T[] | undefined, name: string): T | undefined {
  return list?.find((one) => one.name === name);
}

function phaseChange(before: PhaseProgress | undefined, after: PhaseProgress): string[] {
  if (before?.state === after.state || after.state === 'waiting') return [];
  const { title, does } = phases[after.name];
  switch (after.state) {
    case 'running':
      return [`${title}: ${does}`];
    case 'gate':
      return [`${title}: waits for a person`];
    case 'skipped':
      return [`${title}: skipped${after.note === undefined ? '' : `, ${after.note}`}`];
    case 'done': {
      const took =
        after.startedAt === undefined
          ? ''
          : ` after ${duration(between(after.startedAt, after.endedAt, new Date(after.startedAt)))}`;
      return [`${title}: done${took}${after.note === undefined ? '' : `, ${after.note}`}`];
    }
  }
}

/** Old remarks fall off the front of the list, so the last known one is looked for, not counted. */
function countOfKnown(before: Progress | undefined, after: Progress): number {
  const last = before?.remarks.at(-1);
  if (last === undefined) return 0;
  return after.remarks.findLastIndex((one) => one.at === last.at && one.text === last.text) + 1;
}

function describeGate(gate: Gate): string {
  return gate.kind === 'approval'
    ? `${gate.title}: approve or reject the digest ${gate.digest}`
    : `Gate ${gate.id}: ${gate.title}. ${gate.seen} ${gate.remedy} (${gate.choices.join(', ')})`;
}

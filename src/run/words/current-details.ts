import { answerLine, approveLine, invocationByName } from './answer-lines.ts';
import { describeCause } from '../causes.ts';
import type { Gate } from '../gates.ts';
import { phases, titleOf } from '../operations.ts';
import type { NodeProgress, Pause, Progress } from '../progress.ts';

/** The Web UI sends the details as a URL parameter: they stay under this many characters. */
const limit = 3900;

/**
 * A run at a glance for the Web UI, in Markdown: what needs attention first, then the phases,
 * then the machines that move.
 */
export function describeProgress(progress: Progress): string {
  const parts = [
    heading(progress),
    ...progress.gates.map((gate) => describeGate(gate, progress)),
    phaseTable(progress),
    nodeList(progress),
  ];
  const text = parts.filter(Boolean).join('\n\n');
  return text.length <= limit ? text : `${text.slice(0, limit)}\n\n…`;
}

function heading(progress: Progress): string {
  if (progress.outcome) return `**${progress.cluster}: ${progress.outcome}.** ${progress.verdict ?? ''}`;
  const lines = [`**${titleOf(progress)} of ${progress.cluster}**`];
  if (progress.pointOfNoReturnPassedAt) lines.push(`Point of no return passed at ${progress.pointOfNoReturnPassedAt}.`);
  if (progress.pause) lines.push(describePause(progress.pause, progress.cluster));
  if (progress.cancelRequestedAt) lines.push(`Cancel requested at ${progress.cancelRequestedAt}.`);
  if (progress.folder) lines.push(`Evidence: \`${progress.folder}\``);
  return lines.join('\n\n');
}

/** Where a run that somebody paused stands, and the line that lets it go on. */
function describePause({ by, reason, requestedAt, at }: Pause, cluster: string): string {
  const where = at === undefined ? 'stops at the next safe point' : `stands still ${at}`;
  return `### ⏸ Paused by ${by} at ${requestedAt}${reason && `: ${reason}`}; ${where}\n\n    talos-rebuild resume --name ${cluster}`;
}

function describeGate(gate: Gate, { cluster }: Progress): string {
  switch (gate.kind) {
    case 'approval':
      return [
        `### ⚠ ${gate.title}`,
        ...asFarAsItFits(gate.consequences).map((line) => `- ${line}`),
        `\nBefore ${gate.deadline}:\n\n    ${approveLine(gate.digest, invocationByName(cluster))}`,
      ].join('\n');
    case 'failure':
      return [
        `### ⚠ ${gate.title}`,
        gate.seen.slice(0, 600),
        `*${gate.remedy}*`,
        ...(gate.causes?.length
          ? [`Likely causes:\n${gate.causes.map((one) => `- ${describeCause(one)}`).join('\n')}`]
          : []),
        ...(gate.evidence === undefined ? [] : [`Evidence: \`${gate.evidence}\``]),
        gate.choices.map((choice) => `    ${answerLine(gate.id, choice, invocationByName(cluster))}`).join('\n'),
      ].join('\n\n');
  }
}

/** The line to answer with has to be seen, however much is lost. */
function asFarAsItFits(lines: readonly string[]): string[] {
  let room = 2000;
  const fitting = lines.filter((line) => (room -= line.length) >= 0);
  return fitting.length === lines.length
    ? fitting
    : [...fitting, `… ${lines.length - fitting.length} more: read the whole plan with \`talos-rebuild status\``];
}

function phaseTable({ phases: all }: Progress): string {
  const rows = all
    .filter((phase) => phase.state !== 'waiting')
    .map(
      (phase) =>
        `| ${phases[phase.name].title} | ${phase.state}${phase.note ? `: ${phase.note}` : ''} | ${phase.startedAt ?? ''} | ${phase.endedAt ?? ''} |`,
    );
  return rows.length === 0
    ? ''
    : ['| Phase | State | Began | Ended |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Moving machines by name, the others as counts. */
function nodeList({ nodes }: Progress): string {
  const isMoving = ({ stage }: NodeProgress): boolean => stage !== 'waiting' && stage !== 'running';
  const moving = nodes.filter(isMoving).slice(0, 12);
  const counts = new Map<string, number>();
  for (const { stage } of nodes) counts.set(stage, (counts.get(stage) ?? 0) + 1);
  const summary = [...counts].map(([stage, count]) => `${count} ${stage}`).join(', ');
  return [
    summary && `Machines: ${summary}.`,
    ...moving.map((node) => `- ${node.name}: ${node.stage} since ${node.since}`),
  ]
    .filter(Boolean)
    .join('\n');
}

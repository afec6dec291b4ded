import { describeCause } from '../causes.ts';
import { describeFinding } from '../findings.ts';
import { phases, titleOf } from '../operations.ts';
import type { ClosedGate, FailoverResult, PhaseProgress, Progress } from '../progress.ts';

/**
 * The evidence of a run for people, in Markdown: what came of it, who approved what, how long it took, what was proven.
 */
export function reportOf(progress: Progress): string {
  const { plan, approvals, findings, remarks } = progress;
  const sections = [
    `# ${titleOf(progress)} of ${progress.cluster}: ${progress.outcome ?? 'running'}`,
    progress.verdict ?? '',
    table(
      ['What', 'Value'],
      [
        ['Workflow', `${progress.workflowId} (run ${progress.runId})`],
        ['Asked for by', progress.requestedBy],
        ['Began', progress.startedAt],
        ['Ended', progress.endedAt ?? ''],
        ...(plan ? [['Plan', plan.digest]] : []),
        ...approvals.map(({ gate, digest, decision, by, at, via, reason }) => [
          `Decision on ${gate}`,
          `${decision} by ${by} at ${at} (${via}), digest ${digest.slice(0, 23)}${reason && `: ${reason}`}`,
        ]),
        ...(progress.pointOfNoReturnPassedAt ? [['Point of no return', progress.pointOfNoReturnPassedAt]] : []),
        ...(progress.bootstrapNode ? [['Bootstrapped on', progress.bootstrapNode]] : []),
      ],
    ),
    progress.failover ? `## Failover\n\n${describeFailover(progress.failover)}` : '',
    `## Phases\n\n${phaseTable(progress.phases)}`,
    `## Machines\n\n${table(
      ['Node', 'Role', 'Address', 'Stage', 'Since'],
      progress.nodes.map((node) => [node.name, node.role, node.address, node.stage, node.since]),
    )}`,
    questions(progress.closedGates ?? []),
    list('What the plan said', plan?.consequences ?? []),
    list(
      'Findings',
      findings.map((finding) => `${finding.severity}: ${describeFinding(finding)}`),
    ),
    list(
      'Remarks',
      remarks.map(({ at, text }) => `${at} ${text}`),
    ),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

/** What the drill showed, in a sentence. */
export function describeFailover(failover: FailoverResult): string {
  if (!failover.proven) return `Failover not proven: ${failover.reason}.`;
  return (
    `The VIP moved from ${failover.from} to ${failover.to}. The API did not answer through it for at most ${failover.gapMs} ms ` +
    `(allowed: ${failover.budgetMs} ms), from ${failover.startedAt} to ${failover.endedAt}; ${failover.probes} probes.`
  );
}

function questions(gates: readonly ClosedGate[]): string {
  const parts = gates.map(({ title, seen, openedAt, closedAt, answer, causes = [], evidence }) =>
    [
      `### ${title}`,
      `Asked at ${openedAt}, ${answer === undefined ? 'never answered' : `answered with ${answer}`} at ${closedAt}.`,
      seen,
      causes.map((cause) => `- perhaps: ${describeCause(cause)}`).join('\n'),
      evidence === undefined ? '' : `Evidence: \`${evidence}\``,
    ]
      .filter(Boolean)
      .join('\n\n'),
  );
  return parts.length === 0 ? '' : ['## Questions', ...parts].join('\n\n');
}

function phaseTable(all: readonly PhaseProgress[]): string {
  return table(
    ['Phase', 'State', 'Took', 'Runbook'],
    all.map((phase) => {
      const { title, runbookMinutes } = phases[phase.name];
      const state = phase.note === undefined ? phase.state : `${phase.state}: ${phase.note}`;
      return [title, state, took(phase), runbookMinutes === undefined ? '' : `${runbookMinutes} min`];
    }),
  );
}

function took({ startedAt, endedAt }: PhaseProgress): string {
  if (startedAt === undefined || endedAt === undefined) return '';
  return `${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`;
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `## ${title}\n\n${lines.map((line) => `- ${line}`).join('\n')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

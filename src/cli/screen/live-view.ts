import type { Progress } from '../../run/progress.ts';
import type { RunLook } from '../runs/read-run.ts';
import { type Shell, say, viewOf } from '../shell.ts';
import { describeChanges } from './describe-changes.ts';
import { clock } from './instants.ts';
import { widthOf } from './layout.ts';
import { renderLook } from './render-look.ts';
import { type Invocation, commandLine } from './view.ts';

/** Shows a run while it goes on, on stderr: redrawn in place on a terminal, one line per change anywhere else. */
export interface LiveView {
  show(look: RunLook | undefined): void;
  /** Leaves the picture where it is: something else was written below it. */
  settle(): void;
}

export function liveView(shell: Shell, invocation: Invocation): LiveView {
  return shell.stderr.isTTY === true ? redrawn(shell, invocation) : lineByLine(shell, invocation);
}

function redrawn(shell: Shell, invocation: Invocation): LiveView {
  let rows = 0;
  let shown: RunLook | undefined;
  return {
    settle: () => void (rows = 0),
    show(look) {
      shown = look ?? shown;
      const view = viewOf(shell, 'stderr', invocation);
      const lines = shown === undefined ? [] : renderLook(shown, view);
      if (look === undefined)
        lines.push('', view.paint.yellow('Temporal does not answer; trying again. The run is kept by the server.'));
      const fitting = lastThatFit(lines, view.width, (shell.stderr.rows ?? 50) - 1);
      shell.stderr.write(
        `${rows > 0 ? `\u001B[${rows}A` : ''}\r\u001B[J${fitting.map((line) => `${line}\n`).join('')}`,
      );
      rows = fitting.reduce((sum, line) => sum + rowsOf(line, view.width), 0);
    },
  };
}

/** What needs a person stands at the end, so a screen that is too small loses the beginning. */
function lastThatFit(lines: readonly string[], width: number, rows: number): readonly string[] {
  let used = 0;
  const from = lines.findLastIndex((line) => (used += rowsOf(line, width)) > rows);
  return lines.slice(from + 1);
}

function rowsOf(line: string, width: number): number {
  return Math.max(1, Math.ceil(widthOf(line) / width));
}

function lineByLine(shell: Shell, invocation: Invocation): LiveView {
  let before: Progress | undefined;
  let state: 'seen' | 'no worker' | 'stuck' | 'broken' | 'server away' = 'seen';
  const tell = (text: string): void => {
    const now = new Date();
    say(shell, `${clock(now.toISOString(), now)} ${text}`);
  };
  return {
    settle: () => undefined,
    show(look) {
      const stuck = look?.kind === 'no worker' ? look.taskFailures : undefined;
      const kind = stuck ? 'stuck' : (look?.kind ?? 'server away');
      if (kind !== state) {
        if (kind === 'server away') tell('Temporal does not answer; trying again. The run is kept by the server.');
        if (kind === 'no worker')
          tell(`No worker answers; the run waits. Start one: ${commandLine(invocation, 'worker')}`);
        if (stuck) tell(`The run is stuck: its workflow's code fails, attempt ${stuck.attempt}: ${stuck.message}`);
        if (kind === 'seen') tell('A worker answers again.');
        state = kind;
      }
      if (look?.kind === 'broken') tell(`The run ended without a result: ${look.reason}`);
      if (look?.kind !== 'seen') return;
      for (const line of describeChanges(before, look.progress)) tell(line);
      before = look.progress;
    },
  };
}

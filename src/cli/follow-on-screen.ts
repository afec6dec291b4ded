import type { TemporalClient } from '../temporal/connection.ts';
import { exitCodes } from './exit-codes.ts';
import { onInterrupt } from './interruption.ts';
import { exitCodeOfLook, lookAsJson } from './look-result.ts';
import type { FollowRun } from './runs/follow-run.ts';
import type { RunLook } from './runs/read-run.ts';
import { liveView } from './screen/live-view.ts';
import { renderLook } from './screen/render-look.ts';
import { type Invocation, type View, commandLine } from './screen/view.ts';
import { type Shell, print, printJson, say, viewOf } from './shell.ts';

export interface RunOnScreen {
  readonly cluster: string;
  /** Absent: the newest one. */
  readonly runId?: string;
  readonly invocation: Invocation;
  readonly json: boolean;
  readonly until: 'question' | 'end';
  readonly patienceMs?: number;
  /** What is printed at the end instead of the whole run. */
  readonly render?: (look: RunLook, view: View) => string[];
}

/** Follows a run on the screen and prints where it stands when it ended, asks something, or the person goes away. */
export async function followRunOnScreen(
  shell: Shell,
  { client }: TemporalClient,
  followRun: FollowRun,
  run: RunOnScreen,
): Promise<RunLook | undefined> {
  const { cluster, invocation, json, until, render = renderLook } = run;
  const interrupt = onInterrupt();
  const signal = AbortSignal.any([interrupt.signal, shell.unread]);
  try {
    const view = liveView(shell, invocation);
    const look = await followRun({ ...run, client, until, signal, show: (seen) => view.show(seen) });
    if (look === undefined) {
      shell.exitCode = exitCodes.failed;
      return undefined;
    }
    shell.exitCode = exitCodeOfLook(look);
    if (interrupt.signal.aborted) {
      say(shell, '', `The run goes on without you. Come back with: ${commandLine(invocation, 'watch')}`);
    }
    if (json) printJson(shell, lookAsJson(look));
    // On a terminal the last picture stands there already.
    else if (run.render || shell.stderr.isTTY !== true || shell.stdout.isTTY !== true) {
      print(shell, ...render(look, viewOf(shell, 'stdout', invocation)));
    }
    if (look.kind === 'no worker' && !signal.aborted) {
      say(
        shell,
        look.taskFailures === undefined
          ? `No worker answers on ${cluster}. The run is kept and goes on when one is there.`
          : `The run on ${cluster} is stuck: its workflow's code fails. It is kept and goes on with a worker in which that is mended.`,
      );
    }
    return look;
  } finally {
    interrupt.release();
  }
}

import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import type { RunLook } from './runs/read-run.ts';

/** A look at a run for programs: the `Progress` itself, or what could be learnt instead of it. */
export function lookAsJson(look: RunLook): unknown {
  switch (look.kind) {
    case 'seen':
      return look.progress;
    case 'no worker':
      return {
        unanswered: look.taskFailures === undefined ? 'no worker' : 'workflow code fails',
        ...look.books,
        steps: look.steps,
        taskFailures: look.taskFailures,
        lastSeen: look.lastSeen,
      };
    case 'broken':
      return { unanswered: 'broken', reason: look.reason, ...look.books, lastSeen: look.lastSeen };
  }
}

/** What a look means for a script. */
export function exitCodeOfLook(look: RunLook): ExitCode {
  switch (look.kind) {
    case 'seen':
      return exitCodeOf(look.progress);
    case 'no worker':
      return look.books.needsPerson && look.taskFailures === undefined ? exitCodes.waiting : exitCodes.failed;
    case 'broken':
      return exitCodes.failed;
  }
}

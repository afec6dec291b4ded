import { answerLine, approveLine, invocationByName, rejectLine } from './answer-lines.ts';
import { operationOf } from '../operations.ts';
import { describeCause } from '../causes.ts';
import type { ApprovalGate, FailureGate } from '../gates.ts';
import type { Progress } from '../progress.ts';

/** A message to people who are not looking on. Holds no secret, because it goes out to other services. */
export interface Notification {
  readonly event: Occasion['event'];
  readonly cluster: string;
  /** One line. */
  readonly title: string;
  readonly text: string;
  /** The lines that answer it, one for each choice; empty where nothing is asked. */
  readonly answer: readonly string[];
}

/** Why people are told. */
export type Occasion =
  | { readonly event: 'approval' | 'reminder'; readonly gate: ApprovalGate }
  | { readonly event: 'gate'; readonly gate: FailureGate }
  | { readonly event: 'point-of-no-return' }
  | { readonly event: 'end' };

/** A telephone shows no more, and ntfy makes an attachment of what is longer than 4096 bytes. */
const limit = 2000;

/** Says in a message what happened, in which cluster, and what to paste. */
export function notificationOf(occasion: Occasion, progress: Progress): Notification {
  const { cluster } = progress;
  const { title, lines, answer = [] } = contentOf(occasion, progress);
  const text = lines.filter(Boolean).join('\n');
  return {
    event: occasion.event,
    cluster,
    title: `${cluster}: ${title}`,
    text: text.length <= limit ? text : `${text.slice(0, limit)}…`,
    answer,
  };
}

/** All that there is to read, for notifiers that take one text. */
export function wholeText({ text, answer }: Notification): string {
  return answer.length === 0 ? text : `${text}\n\n${answer.join('\n')}`;
}

interface Content {
  readonly title: string;
  readonly lines: readonly string[];
  readonly answer?: readonly string[];
}

function contentOf(occasion: Occasion, progress: Progress): Content {
  const invocation = invocationByName(progress.cluster);
  switch (occasion.event) {
    case 'approval':
    case 'reminder': {
      const { id, digest, deadline, title, consequences } = occasion.gate;
      const what = id === 'approval' ? `the ${operationOf(progress.operation).noun}` : title.replace(/^Approve:? /, '');
      return {
        title: `${what} ${occasion.event === 'approval' ? 'waits' : 'still waits'} for approval`,
        lines: [`${id === 'approval' ? 'Nothing is touched before. ' : ''}It expires at ${deadline}.`, ...consequences],
        answer: [approveLine(digest, invocation), rejectLine(digest, invocation)],
      };
    }
    case 'gate': {
      const { id, title, seen, remedy, causes = [], choices } = occasion.gate;
      return {
        title,
        lines: [seen.slice(0, 800), remedy, ...causes.map((cause) => `Perhaps: ${describeCause(cause)}`)],
        answer: choices.map((choice) => answerLine(id, choice, invocation)),
      };
    }
    case 'point-of-no-return':
      return {
        title: 'the point of no return is passed',
        lines: ['The old control plane loses quorum now. From here only forward leads out.'],
      };
    case 'end': {
      const { outcome, verdict, folder } = progress;
      return {
        title: outcome ?? 'ended',
        lines: [verdict ?? '', folder === undefined ? '' : `The report is ${folder}/report.md on the worker.`],
      };
    }
  }
}

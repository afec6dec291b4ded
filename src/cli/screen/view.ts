import type { Invocation } from '../../run/words/answer-lines.ts';
import type { Paint } from './paint.ts';

export { commandLine } from '../../run/words/answer-lines.ts';
export type { Invocation } from '../../run/words/answer-lines.ts';

/** What a rendering depends on besides its subject, so that every renderer is a pure function. */
export interface View {
  /** Columns. */
  readonly width: number;
  readonly paint: Paint;
  readonly now: Date;
  readonly invocation: Invocation;
}

/** An argument as a POSIX shell takes it. */
export function shellQuote(argument: string): string {
  return /^[\w@%+=:,./~-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

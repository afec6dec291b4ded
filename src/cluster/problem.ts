/** Keys and indexes that lead to a value in a YAML document. */
export type ValuePath = readonly (string | number)[];

/** Something wrong in a YAML document, not yet located. */
export interface Problem {
  /** An error forbids the file; a warning is shown and lets it pass. */
  readonly severity: 'error' | 'warning';
  readonly path: ValuePath;
  /** Whether the key itself is wrong or the value that it holds. */
  readonly at?: 'key' | 'value';
  /** The machine that it is about. */
  readonly node?: string;
  readonly what: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** A problem with its place in a file; lines and columns count from 1. */
export interface LocatedProblem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly node?: string;
  readonly what: string;
  readonly remedy: string;
}

/**
 * `file:line:column: what is wrong → what to write instead`: the form in which terminals and editors link to the place.
 */
export function describeProblem(problem: LocatedProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.what} → ${problem.remedy}`;
}

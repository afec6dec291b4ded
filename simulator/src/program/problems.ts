import type { z } from 'zod';

/** The person's own mistake, to be said in its lines without a stack. */
export class Mistake extends Error {
  readonly lines: readonly string[];

  constructor(...lines: string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

export type ValuePath = readonly PropertyKey[];

/** Something wrong with a value, and where in it. */
export interface Problem {
  readonly path: ValuePath;
  readonly what: string;
}

/** Says what zod found in the words of someone who writes the value. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const { path } = issue;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key], what: `unknown key \`${key}\`` }));
    if (issue.code === 'invalid_type' && issue.input === undefined) return [{ path, what: 'is missing' }];
    return [{ path, what: issue.message }];
  });
}

/** `machines[0].address: is missing` */
export function describeProblem({ path, what }: Problem): string {
  const where = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return where === '' ? what : `${where.replace(/^\./, '')}: ${what}`;
}

/** A named check: resolves with what is wrong, or nothing. What it throws is what is wrong, too. */
export interface Check {
  readonly name: string;
  readonly look: () => Promise<string | undefined>;
}

/** What a check sees that should not be so, or nothing. Never rejects. */
export async function wrongWith({ look }: Check): Promise<string | undefined> {
  return look().catch(messageOf);
}

/** Looks at all of them at once, and tells the first that is not as it should be. */
export function firstWrong<T>(look: (one: T) => Promise<string | undefined>, all: readonly T[]): Check['look'] {
  return async () => (await Promise.all(all.map(look))).find((wrong) => wrong !== undefined);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

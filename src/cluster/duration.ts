const unitsMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;

/** Days, hours, minutes and seconds, each at most once and in this order: `24h`, `1h30m`, `60s`. */
export const durationPattern = /^(?=\d)(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?$/;

/** Reads a duration such as `1h30m` as milliseconds; `undefined` where it is none. */
export function parseDuration(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([dhms])/g)) {
    total += Number(count) * unitsMs[unit as keyof typeof unitsMs];
  }
  return total;
}

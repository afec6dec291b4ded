/** The time between two instants (ISO 8601), or up to `now` while the second is not there yet, in ms. */
export function between(startedAt: string, endedAt: string | undefined, now: Date): number {
  return (endedAt === undefined ? now : new Date(endedAt)).getTime() - new Date(startedAt).getTime();
}

/** An instant on the local clock: the time alone on the same day, else with its date. */
export function clock(instant: string, now: Date): string {
  const at = new Date(instant);
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return at.toDateString() === now.toDateString()
    ? `${time}:${two(at.getSeconds())}`
    : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** A duration as people say it: `0.4 s`, `42 s`, `3 min 5 s`, `1 h 10 min`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

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

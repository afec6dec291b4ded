import type { Point } from './points.ts';

/** What is done at a point. */
export type Action = 'kill worker' | 'kill server' | 'freeze worker';

export interface Blow {
  readonly point: Point;
  readonly action: Action;
}

export interface DealtBlow extends Blow {
  /** From the blow to the next progress; absent when the run ended before there was any. */
  readonly progressAfterMs?: number;
}

/** The actions that a point has to survive, each once: the death of the worker everywhere, all of them at what cannot be taken back. */
export function blowsOf(points: readonly Point[]): Blow[] {
  return points.flatMap((point, index) => {
    const actions: Action[] = ['kill worker'];
    // Elsewhere the server dies at every fourth point.
    if (point.isDestructive || index % 4 === 0) actions.push('kill server');
    if (point.isDestructive) actions.push('freeze worker');
    return actions.map((action): Blow => ({ point, action }));
  });
}

export function keyOf({ point, action }: Blow): string {
  return `${action} ${point.id}`;
}

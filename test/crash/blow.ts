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
  /** From the blow until the worker that goes on asked for work. */
  readonly workerBackAfterMs?: number;
}

/**
 * The actions that a point has to survive, each once: the death of the worker everywhere, all of them at
 * what cannot be taken back.
 */
export function blowsOf(points: readonly Point[]): Blow[] {
  return points.flatMap((point, index) => {
    const actions: Action[] = ['kill worker'];
    // Elsewhere the server dies at every fourth point.
    if (point.isDestructive || index % 4 === 0) actions.push('kill server');
    if (point.isDestructive) actions.push('freeze worker');
    return actions.map((action): Blow => ({ point, action }));
  });
}

/** Says what is due when points are passed and nothing else is going on. */
export interface BlowSource {
  take(points: readonly Point[]): Blow | undefined;
}

/** Each blow at the first passing of its point at which nothing else is going on. */
export function atTheirPoints(blows: readonly Blow[]): BlowSource {
  const due = [...blows];
  return {
    take: (points) => {
      const index = due.findIndex(({ point }) => points.some(({ id }) => id === point.id));
      return index === -1 ? undefined : due.splice(index, 1)[0];
    },
  };
}

export function keyOf({ point, action }: Blow): string {
  return `${action} ${point.id}`;
}

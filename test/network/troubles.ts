import assert from 'node:assert/strict';
import type { FaultAction, FaultRule, InjectedFault, Lab } from '../../simulator/src/lab.ts';

/** What a network or a busy machine does to one call. */
export type Trouble = Pick<FaultRule, 'phase' | 'action'>;

/** The statuses of gRPC with which a call fails in passing, and those that are a refusal, by their numbers. */
const statuses = {
  passing: {
    CANCELLED: 1,
    UNKNOWN: 2,
    DEADLINE_EXCEEDED: 4,
    RESOURCE_EXHAUSTED: 8,
    ABORTED: 10,
    INTERNAL: 13,
    UNAVAILABLE: 14,
    DATA_LOSS: 15,
  },
  refusing: {
    INVALID_ARGUMENT: 3,
    NOT_FOUND: 5,
    ALREADY_EXISTS: 6,
    PERMISSION_DENIED: 7,
    FAILED_PRECONDITION: 9,
    OUT_OF_RANGE: 11,
    UNIMPLEMENTED: 12,
    UNAUTHENTICATED: 16,
  },
} as const;

/** Refuses a call with a status of gRPC, or of HTTP where it is a number above 100. */
export function refused(code: number, message = `fault ${code}`): Trouble {
  const action: FaultAction = code > 100 ? { status: code, message } : { refuse: { code, message } };
  return { phase: 'before', action };
}

/** Nobody hears of it: the machine has not acted, or it has. */
export const lost: readonly Trouble[] = [
  { phase: 'before', action: { drop: true } },
  { phase: 'after', action: { drop: true } },
];

/** A minute, as the machines see it. */
export const slow: Trouble = { phase: 'before', action: { delayMs: 60_000 } };

export const hanging: Trouble = { phase: 'before', action: { hang: true } };

/**
 * Everything that may become of a call and is over a moment later, but for one that hangs:
 * that costs seconds each time.
 */
export const passing: readonly Trouble[] = [
  ...Object.values(statuses.passing).map((code) => refused(code)),
  ...lost,
  slow,
];

/** Refusals that a machine may utter for a moment, as while it changes its certificates. */
export const refusals: readonly Trouble[] = Object.values(statuses.refusing).map((code) => refused(code));

/** Faults of one lab, which all have to have hit in the end. */
export class Faults {
  readonly #lab: Lab;
  readonly #injected: InjectedFault[] = [];

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** One call after the other of a method fares badly, each in another way; then all is well. */
  inject(method: string, troubles: readonly Trouble[], rule: Partial<FaultRule> = {}): void {
    for (const trouble of troubles) {
      this.#injected.push(this.#lab.faults.inject({ method, times: 1, ...rule, ...trouble }));
    }
  }

  /** A rule that never fired proves nothing. */
  assertAllHit(): void {
    const unhit = this.#injected.filter(({ rule, hits }) => hits < (rule.times ?? 1)).map(({ rule }) => rule);
    assert.deepEqual(unhit, [], 'faults that hit no call');
    assert.ok(this.#injected.length > 0);
  }

  /** How many calls fared badly. */
  get hits(): number {
    return this.#injected.reduce((sum, { hits }) => sum + hits, 0);
  }
}

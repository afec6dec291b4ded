import type { FailureGate } from '../../src/run/gates.ts';
import type { FaultRule, Lab } from '../../simulator/src/lab.ts';
import type { Action, BlowSource } from './blow.ts';

/** What is to happen in one round of the random mode: the same for the same seed. */
export interface RandomPlan {
  readonly seed: number;
  /** `afterPoints`: how many points are passed in calm since the last blow. */
  readonly blows: readonly { readonly action: Action; readonly afterPoints: number }[];
  readonly faults: readonly FaultRule[];
  /** How many times as long as others a machine takes to boot. */
  readonly slowness: Readonly<Record<string, number>>;
}

const machines = ['cp-1', 'cp-2', 'cp-3', 'w-1'];
const methods = [
  'State/List',
  'State/Get',
  'MachineService/Reset',
  'MachineService/ApplyConfiguration',
  'MachineService/Bootstrap',
  'MachineService/Reboot',
  'MachineService/EtcdMemberList',
  'MachineService/EtcdStatus',
  'MachineService/ServiceList',
  'MachineService/Kubeconfig',
  'kubernetes:GET',
];
/** Unavailable, DeadlineExceeded and Internal: what a machine says that is busy or on its way. */
const codes = [14, 4, 13];

const faultMessage = 'a fault of the crash suite';

/**
 * Whether a question is what a fault has to lead to: a machine that answers a command with an error of its
 * own has got it and did not act, and only a person can tell whether to send it again. All other faults pass,
 * and have to be ridden out.
 */
export function isOwedToFault({ seen }: FailureGate): boolean {
  return seen.includes(`Internal: ${faultMessage}`);
}

/** Draws what happens in a round. */
export function drawPlan(seed: number): RandomPlan {
  const next = randomNumbers(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const blows = Array.from({ length: 2 + below(6) }, () => ({
    action: one<Action>(['kill worker', 'kill worker', 'kill worker', 'kill server', 'freeze worker']),
    // Most points lie close together, at the looks at every machine; the others are spread over the rest of the run.
    afterPoints: Math.round(10 ** (0.5 + 2.2 * next())),
  }));
  const faults = Array.from({ length: below(5) }, (): FaultRule => {
    const actions: FaultRule['action'][] = [
      { drop: true },
      { delayMs: 60_000 + below(240_000) },
      { refuse: { code: one(codes), message: faultMessage } },
    ];
    const [method, action] = [one(methods), one(actions)];
    // The Kubernetes API knows no gRPC status.
    const isRefusal = 'refuse' in action && method.startsWith('kubernetes:');
    return {
      machine: one(machines),
      method,
      phase: one(['before', 'after'] as const),
      action: isRefusal ? { drop: true } : action,
      times: 1 + below(3),
    };
  });
  const slowness = Object.fromEntries(machines.filter(() => next() < 0.3).map((name) => [name, 2 + below(5)]));
  return { seed, blows, faults, slowness };
}

/** The plan in words. */
export function describePlan({ seed, blows, faults, slowness }: RandomPlan): string[] {
  return [
    `seed ${seed}: ${blows.map(({ action, afterPoints }) => `${action} after ${afterPoints} points`).join(', ')}`,
    ...faults.map(
      ({ machine, method, phase, action, times }) =>
        `  ${method} on ${machine}: ${JSON.stringify(action)} ${phase} it acts, ${times} times`,
    ),
    ...Object.entries(slowness).map(([machine, factor]) => `  ${machine} boots ${factor} times as slowly`),
  ];
}

/** The blows of a plan, each after its number of points. */
export function afterPoints({ blows }: RandomPlan): BlowSource {
  const due = [...blows];
  let passed = 0;
  return {
    take: ([point]) => {
      passed += 1;
      if (point === undefined || due[0] === undefined || passed < due[0].afterPoints) return undefined;
      passed = 0;
      const action = due.shift()?.action ?? 'kill worker';
      return { point, action };
    },
  };
}

/** Lets the rest of a plan come about. */
export function prepareLab(lab: Lab, { faults, slowness }: RandomPlan, bootMs: number): void {
  for (const rule of faults) lab.faults.inject(rule);
  for (const [name, factor] of Object.entries(slowness)) lab.machine(name).setTimings({ boot: bootMs * factor });
}

/** Numbers from 0 up to 1, the same for the same seed: mulberry32, by Tommy Ettinger, in the public domain. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

import type { PassingCall } from '../../simulator/src/lab.ts';

/** A place in a rebuild where something can die. Its id is the same in every run that passes it. */
export interface Point {
  readonly id: string;
  readonly kind: PointKind;
  /** Whether it lies at a command that cannot be taken back: a reset, a configuration, the bootstrap, the reboot. */
  readonly isDestructive: boolean;
}

/**
 * `call`: a machine is asked, before it acts and after it acted. `consent`: an attempt asks the server whether it still
 * counts, right before it acts, and has been told so. `result`: an activity is done, and nobody knows. `task`: a
 * workflow has decided, and nobody knows.
 */
export type PointKind = 'call' | 'consent' | 'result' | 'task';

export type Role = 'controlplane' | 'worker';

/**
 * How far a machine is, by what was done to it: a machine's own stage changes by itself and would
 * not give the same id twice.
 */
export type Era = 'old cluster' | 'maintenance' | 'new cluster';

const destructiveMethods = /^MachineService\/(Reset|ApplyConfiguration|Bootstrap|Reboot)$/;
const destructiveActivities = ['resetNode', 'applyConfiguration', 'bootstrapNode', 'drillFailover'];

/** A call of the Talos or Kubernetes API, on its way in or out. */
export function callPoint({ method, args, phase }: PassingCall, role: Role, era: Era): Point {
  const what = `${method}${detailOf(args)}`;
  return {
    id: `${phase} ${what} on a ${nameOf(role)} in the ${era}`.replace('in the maintenance', 'in maintenance mode'),
    kind: 'call',
    isDestructive: destructiveMethods.test(method) && args['dryRun'] !== true,
  };
}

/** An activity has its result and has not reported it. */
export function resultPoint(activity: string, role: Role | undefined): Point {
  return {
    id: `result of ${activity}${ofRole(role)}`,
    kind: 'result',
    isDestructive: destructiveActivities.includes(activity),
  };
}

/** An activity asks the server right before it acts; afterwards it has been told that it counts. */
export function consentPoint(activity: string, role: Role | undefined, phase: 'before' | 'after'): Point {
  return { id: `${phase} ${activity}${ofRole(role)} asks whether it counts`, kind: 'consent', isDestructive: true };
}

/** A workflow task is done, with this command among others, and not reported. `owner` is `the run` or `a machine`. */
export function taskPoint(owner: string, role: Role | undefined, command: string): Point {
  const [activity = ''] = command.match(/(?<=^schedule ).*/) ?? [];
  return {
    id: `task of ${owner}${ofRole(role)}: ${command}`,
    kind: 'task',
    isDestructive: destructiveActivities.includes(activity),
  };
}

/** What is read tells reads apart; names of objects, which differ from run to run, are left out. */
function detailOf(args: Readonly<Record<string, unknown>>): string {
  const { type, path, dryRun } = args;
  if (typeof type === 'string') return ` ${type.replace(/\..*$/, '')}`;
  if (typeof path === 'string') return ` ${path.split('?')[0]}`;
  return dryRun === true ? ' (dry run)' : '';
}

function nameOf(role: Role): string {
  return role === 'worker' ? 'worker' : 'control plane';
}

function ofRole(role: Role | undefined): string {
  return role === undefined ? '' : ` (${nameOf(role)})`;
}

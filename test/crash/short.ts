import type { Action, Blow } from './blow.ts';
import type { Point } from './points.ts';

/** The form for every day: each action, at each of the commands that cannot be taken back. */
const chosen: readonly (readonly [Action, string])[] = [
  ['freeze worker', 'after resetNode (worker) asks whether it counts'],
  ['kill worker', 'after MachineService/Reset on a control plane in the old cluster'],
  ['kill worker', 'result of applyConfiguration (control plane)'],
  ['kill server', 'before MachineService/Bootstrap on a control plane in the new cluster'],
  ['kill worker', 'result of bootstrapNode'],
  ['kill worker', 'after MachineService/Reboot on a control plane in the new cluster'],
  ['kill worker', 'before MachineService/Reset on a worker in the old cluster'],
  ['kill server', 'after MachineService/Reset on a control plane in the old cluster'],
  ['kill worker', 'before MachineService/ApplyConfiguration on a control plane in maintenance mode'],
  ['kill worker', 'after MachineService/Bootstrap on a control plane in the new cluster'],
  ['freeze worker', 'before MachineService/Reboot on a control plane in the new cluster'],
];

/** The blows of the short form; a point that was not recorded stays in it, and will not be hit. */
export function shortForm(points: readonly Point[]): Blow[] {
  return chosen.map(([action, id]) => ({
    action,
    point: points.find((point) => point.id === id) ?? { id, kind: 'call', isDestructive: true },
  }));
}

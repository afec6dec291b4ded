import type { Action, Blow } from './blow.ts';

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

/**
 * The blows of the short form, which needs no recorded run: a point by another name than these
 * is never hit, and said so.
 */
export const shortForm: readonly Blow[] = chosen.map(([action, id]) => ({
  action,
  point: { id, kind: 'call', isDestructive: true },
}));

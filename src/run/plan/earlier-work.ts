import type { NodeRole } from '../cluster-definition.ts';
import type { MachineTrace } from '../machine-trace.ts';
import type { Plan, PlannedNode } from './plan.ts';

/** What runs that did not end have done for the set that is still being made: what the next run goes on from. */
export interface EarlierWork {
  /** Names of the runs' folders, the newest first. */
  readonly runs: readonly string[];
  /** `was aborted`, or that it was lost. */
  readonly newestEnd: string;
  readonly newSet: string;
  /** Of each machine that any of them touched. */
  readonly traces: Readonly<Record<string, MachineTrace>>;
  /** The plans by which they went, the newest first. */
  readonly plans: readonly Plan[];
  /** The one control plane that may be bootstrapped. */
  readonly bootstrap?: { readonly node: string; readonly chosenAt: string; readonly sentAt?: string };
  /** The control plane that a drill rebooted. */
  readonly rebooted?: { readonly node: string; readonly at: string; readonly bootId: string };
  /** Names of their backups, the oldest first: that one saw the old cluster whole. */
  readonly backups: readonly string[];
}

/** What was done to a machine last, as it was written down. */
export type LastDone = 'nothing' | 'reset' | 'maintenance' | 'applied' | 'restored';

export function lastDone(trace: MachineTrace | undefined): LastDone {
  const { resetSentAt = '', maintenanceSeenAt = '', appliedAt = '', restoredAt = '' } = trace ?? {};
  const last = [resetSentAt, maintenanceSeenAt, appliedAt, restoredAt].toSorted().at(-1);
  if (!last) return 'nothing';
  if (last === appliedAt) return 'applied';
  if (last === restoredAt) return 'restored';
  return last === maintenanceSeenAt ? 'maintenance' : 'reset';
}

/**
 * Under which set a machine runs whose certificate is that of `sets`. With kept secrets old and new set cannot be told
 * apart by it: then what was written down decides. `unknown` where that says nothing either: the machine was wiped, and
 * got a configuration from somebody else.
 */
export function setOf(
  sets: readonly string[],
  newSet: string | undefined,
  trace: MachineTrace | undefined,
): { readonly set: string | undefined } | 'unknown' {
  const other = sets.find((set) => set !== newSet);
  if (newSet === undefined || !sets.includes(newSet) || other === undefined) return { set: sets[0] };
  switch (lastDone(trace)) {
    case 'applied':
      return { set: newSet };
    case 'maintenance':
      return 'unknown';
    case 'nothing':
    case 'reset':
    case 'restored':
      return { set: other };
  }
}

/** Whether, by what was written down, the old control plane has lost its quorum, or a machine its way back. */
export function isPastNoReturn({
  traces,
  plans,
  bootstrap,
}: Pick<EarlierWork, 'traces' | 'plans' | 'bootstrap'>): boolean {
  if (bootstrap !== undefined) return true;
  const last = new Set(plans.flatMap(({ order }) => order.controlPlanes));
  return Object.entries(traces).some(
    ([name, { resetSentAt, appliedAt }]) => appliedAt !== undefined || (resetSentAt !== undefined && last.has(name)),
  );
}

/** A machine as the plan had it by which it got its new configuration. */
export function plannedWhenApplied({ plans, traces, newSet }: EarlierWork, name: string): PlannedNode | undefined {
  if (lastDone(traces[name]) !== 'applied') return undefined;
  const planned = plans.flatMap(({ nodes }) => nodes.filter((node) => node.name === name));
  return planned.find(({ runsUnder }) => runsUnder !== newSet) ?? planned[0];
}

/** The old set under which a machine ran before any of these runs touched it. */
export function formerSetOf({ plans, newSet }: EarlierWork, name: string): string | undefined {
  const sets = plans.flatMap(({ nodes }) => nodes.flatMap((node) => (node.name === name ? [node.runsUnder] : [])));
  return sets.findLast((set) => set !== undefined && set !== newSet);
}

/** Which run did not end, and how far it got, for a person. */
export function describeEarlierWork(work: EarlierWork, nodes: readonly { readonly name: string }[]): string {
  const [newest] = work.runs;
  return `run ${newest} ${howFar(work, nodes)}`;
}

/** In words that follow the name of the newest run. */
function howFar(work: EarlierWork, nodes: readonly { readonly name: string }[]): string {
  const before = work.runs.length - 1;
  const end = `${work.newestEnd}${before > 0 ? `, as ${before} before it` : ''}`;
  const places = (Object.keys(lastWords) as LastDone[]).flatMap((last) => {
    const names = nodes.filter(({ name }) => lastDone(work.traces[name]) === last).map(({ name }) => name);
    return names.length === 0 ? [] : [`${lastWords[last]}: ${names.join(', ')}`];
  });
  return [end, ...places, ...describeBootstrap(work)].join('; ');
}

/** What going on from there means for the plan, a line each. */
export function describeGoingOn(work: EarlierWork, nodes: readonly { readonly name: string }[]): string[] {
  const { runs, bootstrap, backups, newSet } = work;
  const [newest] = runs;
  const [oldest] = backups;
  return [
    `Goes on from run ${newest}, which ${howFar(work, nodes)}.`,
    `The secrets stay those of set ${newSet}; no machine that was wiped is wiped again.`,
    ...(bootstrap === undefined ? [] : [`Only ${bootstrap.node} is bootstrapped, as it was chosen.`]),
    ...(oldest === undefined ? [] : [`What the old cluster was stays in backups/${oldest}.`]),
  ];
}

const lastWords: Readonly<Record<LastDone, string>> = {
  nothing: 'not touched',
  reset: 'was sent its reset',
  maintenance: 'was seen in maintenance mode',
  applied: 'got its new configuration',
  restored: 'got its old configuration back',
};

function describeBootstrap({ bootstrap }: EarlierWork): string[] {
  if (bootstrap === undefined) return [];
  return [`the bootstrap of ${bootstrap.node} was ${bootstrap.sentAt === undefined ? 'chosen, not sent' : 'sent'}`];
}

/** Until when a machine may be away because of what it was sent, ms since the epoch; 0 where nothing was. */
export function awayUntil(
  { traces, rebooted }: EarlierWork,
  { name, role, timeouts }: Pick<PlannedNode, 'name' | 'timeouts'> & { readonly role: NodeRole },
): number {
  const trace = traces[name];
  if (rebooted?.node === name) return Date.parse(rebooted.at) + timeouts.verifyMs;
  switch (lastDone(trace)) {
    case 'reset':
      return Date.parse(trace?.resetSentAt ?? '') + timeouts.resetMs;
    case 'applied':
      return role === 'worker' ? 0 : Date.parse(trace?.appliedAt ?? '') + timeouts.applyMs;
    case 'restored':
      return Date.parse(trace?.restoredAt ?? '') + timeouts.applyMs;
    case 'nothing':
    case 'maintenance':
      return 0;
  }
}

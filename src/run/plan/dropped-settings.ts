import type { Finding } from '../findings.ts';

/**
 * A setting that machines have today and will not have afterwards, unless a patch says it or cluster.yaml gives it up.
 */
export interface DroppedSetting {
  /** `machine.sysctls.vm.swappiness`, `LinkConfig/end0.mtu`, `hostname`. */
  readonly path: string;
  /** Undefined where it may be secret. */
  readonly value?: string;
  /** What the new configuration says instead. */
  readonly instead?: string;
  readonly nodes: readonly string[];
}

/** Whether an entry of `dropped:` in cluster.yaml stands for a path: the path itself, or one above it. */
export function isGivenUp(path: string, dropped: readonly string[]): boolean {
  return dropped.some((entry) => path === entry || (path.startsWith(entry) && /^[.[/]/.test(path.slice(entry.length))));
}

/** One line for each setting, for all machines that have it the same. Sorted by path. */
export function groupDropped(
  byNode: Readonly<Record<string, readonly Omit<DroppedSetting, 'nodes'>[]>>,
): DroppedSetting[] {
  const groups = new Map<string, DroppedSetting>();
  for (const [node, settings] of Object.entries(byNode)) {
    for (const one of settings) {
      const key = JSON.stringify([one.path, one.value, one.instead]);
      groups.set(key, { ...one, nodes: [...(groups.get(key)?.nodes ?? []), node] });
    }
  }
  return [...groups.values()].toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** `machine.sysctls.vm.swappiness: 1 → (nothing)`. */
export function droppedInWords({ path, value, instead }: DroppedSetting): string {
  if (value !== undefined && path.endsWith(`[${value}]`)) return path; // the entry of a list
  const today = value === undefined ? 'set (not shown: it may be secret)' : value === '' ? 'set' : value;
  return instead === undefined ? `${path}: ${today}` : `${path}: ${today}; afterwards ${instead}`;
}

/** The warning that stays until each setting is patched or given up; none where nothing is dropped. */
export function warnOfDropped(dropped: readonly DroppedSetting[]): Finding[] {
  const [first] = dropped;
  if (first === undefined) return [];
  const rest = dropped.length === 1 ? '' : ` and ${dropped.length - 1} more`;
  return [
    {
      severity: 'warning',
      seen: `set today, not set afterwards: ${first.path}${rest}`,
      remedy: 'keep each with a patch (`plan --write-patches DIR`), or give it up in `dropped`',
    },
  ];
}

/** `all 4`, or the names, of which at most four are shown. */
export function nodesInWords(nodes: readonly string[], all: number): string {
  if (nodes.length === all && all > 1) return `all ${all} machines`;
  const shown = nodes.slice(0, 4).join(', ');
  return nodes.length > 4 ? `${shown} and ${nodes.length - 4} more` : shown;
}

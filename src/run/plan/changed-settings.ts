import type { ClusterDefinition } from '../cluster-definition.ts';
import { duration } from '../duration.ts';

/**
 * Keys that are compared elsewhere: what they change shows in the machine configurations, or in
 * digests of the files they name.
 */
const elsewhere = new Set(['patches', 'nodes', 'notify', 'afterBootstrap']);
const inConfiguration = new Set(['patches', 'link', 'installDisk', 'installImage']);

/**
 * What differs between two readings of cluster.yaml beside the machine configurations, by the keys of the file:
 * "`timeouts.verify` from 10 min to 20 min".
 */
export function changedSettings(before: ClusterDefinition, after: ClusterDefinition): string[] {
  const [was, is] = [valuesOf(before, elsewhere), valuesOf(after, elsewhere)];
  const ofNodes = after.nodes.flatMap((node) => {
    const former = before.nodes.find(({ name }) => name === node.name);
    const [nodeWas, nodeIs] = [valuesOf(former ?? {}, inConfiguration), valuesOf(node, inConfiguration)];
    // What a machine has from the cluster is said once.
    return changes(
      nodeWas,
      nodeIs,
      `nodes: ${node.name}: `,
      (key) => was.get(key) === nodeWas.get(key) && is.get(key) === nodeIs.get(key),
    );
  });
  return [...changes(was, is), ...ofNodes];
}

type Values = ReadonlyMap<string, string>;

function changes(was: Values, is: Values, prefix = '', isSaid: (key: string) => boolean = () => false): string[] {
  const keys = [...new Set([...was.keys(), ...is.keys()])];
  return keys
    .filter((key) => was.get(key) !== is.get(key) && !isSaid(key))
    .map((key) => `\`${prefix}${key}\` from ${was.get(key) ?? 'nothing'} to ${is.get(key) ?? 'nothing'}`);
}

/** Every value in words by the path of its key. */
function valuesOf(part: object, leftOut: ReadonlySet<string>): Map<string, string> {
  const values = new Map<string, string>();
  const add = (path: string, value: unknown): void => {
    if (value === undefined) return;
    if (Array.isArray(value)) values.set(path, value.length === 0 ? 'nothing' : value.map(String).join(', '));
    else if (typeof value === 'object' && value !== null)
      for (const [key, child] of Object.entries(value)) add(`${path}.${key}`, child);
    else if (typeof value === 'number' && path.endsWith('Ms')) values.set(path.slice(0, -2), duration(value));
    else values.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  };
  for (const [key, value] of Object.entries(part)) if (!leftOut.has(key)) add(key, value);
  return values;
}

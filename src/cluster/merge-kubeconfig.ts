import { realpath } from 'node:fs/promises';
import { isMap, isSeq, parseDocument, type Document } from 'yaml';
import { Failure } from '../run/failure.ts';
import { displayPath } from './paths.ts';
import { readIfThere, replaceUserFile } from './user-file.ts';

type Mapping = Record<string, unknown>;

export interface KubeconfigMerge {
  /** The new cluster's kubeconfig, as `talosctl kubeconfig` wrote it: its current context is merged. */
  from: string;
  /** The user's own file; made if there is none. A symbolic link stays one. */
  into: string;
  /** The cluster's name: that of its entry and of its context; its user is `admin@<name>`. */
  name: string;
}

/**
 * Puts a cluster into a user's kubeconfig in place of what stood there under its name; all other entries and comments
 * stay. The current context is kept, unless there is none or it led to this cluster. The former file is kept beside it
 * as `.old` (`.old-2`, … where there is one), and the new one takes its place at once, mode 0600. Run again, it changes
 * nothing. Fails with `FilesDamaged` before anything is written.
 */
export async function mergeKubeconfig({ from, into, name }: KubeconfigMerge): Promise<{ kept: string | undefined }> {
  const source = readDocument(from, (await readIfThere(from)) ?? '');
  const { cluster, user } = currentEntries(from, source.toJS() as Mapping);
  const file = await realpath(into).catch(() => into);
  const former = await readIfThere(file);
  const target = readDocument(into, former ?? '');
  const before = JSON.stringify(target.toJS());

  const currentContext = target.get('current-context');
  const leadsHere = clusterOf(target, currentContext) === name;
  const userName = `admin@${name}`;
  replaceEntry(into, target, 'clusters', { name, cluster });
  replaceEntry(into, target, 'users', { name: userName, user });
  replaceEntry(into, target, 'contexts', { name, context: { cluster: name, namespace: 'default', user: userName } });
  if (typeof currentContext !== 'string' || currentContext === '' || leadsHere) target.set('current-context', name);
  if (JSON.stringify(target.toJS()) === before) return { kept: undefined };

  return { kept: await replaceUserFile(file, former, target.toString()) };
}

/** A kubeconfig as a document whose comments survive; an empty file is an empty kubeconfig. */
function readDocument(path: string, text: string): Document {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length > 0) throw unusable(path, 'it is no valid YAML');
  if (document.contents === null) return parseDocument('apiVersion: v1\nkind: Config\n');
  if (!isMap(document.contents)) throw unusable(path, 'it is no kubeconfig');
  return document;
}

function currentEntries(path: string, config: Mapping): { cluster: unknown; user: unknown } {
  const entryOf = (list: string, field: string, name: unknown) =>
    mappingsIn(config[list]).find((entry) => entry['name'] === name)?.[field] as Mapping | undefined;
  const context = entryOf('contexts', 'context', config['current-context']);
  const cluster = entryOf('clusters', 'cluster', context?.['cluster']);
  const user = entryOf('users', 'user', context?.['user']);
  if (cluster === undefined || user === undefined) throw unusable(path, 'its current context is not complete');
  return { cluster, user };
}

function clusterOf(target: Document, contextName: unknown): unknown {
  const { contexts } = target.toJS() as Mapping;
  const context = mappingsIn(contexts).find(({ name }) => name === contextName)?.['context'];
  return mappingsIn([context])[0]?.['cluster'];
}

function replaceEntry(path: string, target: Document, list: string, entry: { name: string } & Mapping): void {
  // `clusters: null` and `clusters: []` are how kubectl writes that there are none.
  const present: unknown = target.get(list);
  if (present !== undefined && present !== null && !isSeq(present)) throw unusable(path, `its ${list} are no list`);
  if (!isSeq(present) || present.items.length === 0) {
    target.set(list, target.createNode([entry]));
    return;
  }
  const index = present.items.findIndex((item) => isMap(item) && item.get('name') === entry.name);
  const node = target.createNode(entry);
  if (index < 0) present.add(node);
  else if (JSON.stringify((present.get(index) as { toJSON?: () => unknown }).toJSON?.()) !== JSON.stringify(entry)) {
    present.set(index, node);
  }
}

function mappingsIn(value: unknown): Mapping[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

function unusable(file: string, problem: string): Failure {
  const remedy = 'correct or move the file, then answer retry; nothing was changed';
  return new Failure(
    'FilesDamaged',
    `${displayPath(file)} is not a kubeconfig that can be used: ${problem} → ${remedy}`,
  );
}

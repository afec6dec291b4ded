import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isMap, isSeq, parseDocument, type Document } from 'yaml';
import { KubernetesError } from './kubernetes-error.ts';
import { mappingsIn, type Mapping } from './mappings.ts';

export interface KubeconfigMerge {
  /** The new cluster's kubeconfig, as `talosctl kubeconfig` wrote it: its current context is merged. */
  from: string;
  /** The user's own file; made if there is none. A symbolic link stays one. */
  into: string;
  /** The cluster's name: that of its entry and of its context; its user is `admin@<name>`. */
  name: string;
}

/**
 * Puts a cluster into a user's kubeconfig in place of what stood there under its name; all other entries and comments stay. The
 * current context is kept, unless there is none or it led to this cluster. The former file is kept beside it as `.old` (`.old-2`,
 * … where there is one), and the new one takes its place in one step, mode 0600. Run again, it changes nothing. Throws
 * KubernetesError `invalid` before anything is written.
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

  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const kept = former === undefined ? undefined : await keepFormer(file, former);
  await replaceFile(file, target.toString());
  return { kept };
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

/** Keeps the former content under the first name that is free or holds just that already, and tells which. */
async function keepFormer(file: string, content: string): Promise<string> {
  for (let count = 1; ; count++) {
    const old = count === 1 ? `${file}.old` : `${file}.old-${count}`;
    const present = await readIfThere(old);
    if (present === content) return old;
    if (present !== undefined) continue;
    try {
      await writeDurably(old, content);
      return old;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function replaceFile(file: string, content: string): Promise<void> {
  const fresh = join(dirname(file), `.${basename(file)}.${process.pid}.${Date.now()}`);
  try {
    await writeDurably(fresh, content);
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes a file that must not exist yet, until it is on the disk. */
async function writeDurably(path: string, content: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw unusable(path, `it cannot be read (${code ?? 'unknown error'})`);
  }
}

function unusable(path: string, problem: string): KubernetesError {
  return new KubernetesError('invalid', `kubeconfig ${path}: ${problem}; nothing was changed`);
}

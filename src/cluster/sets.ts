import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../run/failure.ts';
import type { ClusterFolder } from './folder.ts';
import { makeDatedFolder, readLink, removeLink, switchLink } from './links.ts';
import type { LinkName } from './links.ts';

/**
 * One set: the secrets and configurations of one building of the cluster. Paths are absolute; the
 * files need not be there yet.
 */
export interface ClusterSet {
  readonly name: string;
  readonly path: string;
  readonly secrets: string;
  readonly talosconfig: string;
  readonly kubeconfig: string;
  /** The folder with `<node>.yaml` for each machine. */
  readonly nodes: string;
}

/** The set of this name; whether it is there is not asked. */
export function setNamed(folder: ClusterFolder, name: string): ClusterSet {
  const set = path.join(folder.sets, name);
  return {
    name,
    path: set,
    secrets: path.join(set, 'secrets.yaml'),
    talosconfig: path.join(set, 'talosconfig'),
    kubeconfig: path.join(set, 'kubeconfig'),
    nodes: path.join(set, 'nodes'),
  };
}

/**
 * Where a set keeps the configurations of an amendment until they are approved, shaped like a set: they carry
 * keys, so they stay with it.
 */
export function amendedSet(folder: ClusterFolder, name: string, number: number): ClusterSet {
  return setNamed(folder, path.join(name, 'amendments', String(number)));
}

/** The machine configuration of a node in a set. */
export function configurationOf(set: ClusterSet, node: string): string {
  return path.join(set.nodes, `${node}.yaml`);
}

/** All sets, the oldest name first. */
export async function listSets(folder: ClusterFolder): Promise<ClusterSet[]> {
  const entries = await readdir(folder.sets, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => setNamed(folder, name));
}

/** The set in use (`automation`); none before the first build. Fails with `FilesDamaged` if its link leads nowhere. */
export async function currentSet(folder: ClusterFolder): Promise<ClusterSet | undefined> {
  return setBehind(folder, 'automation');
}

/** The set that is being made (`automation-new`), if there is one. */
export async function pendingSet(folder: ClusterFolder): Promise<ClusterSet | undefined> {
  return setBehind(folder, 'automation-new');
}

/**
 * The set that is being made: the one that `automation-new` points to, so that its secrets stay,
 * or else a new, empty one.
 */
export async function newSet(folder: ClusterFolder, now: Date = new Date()): Promise<ClusterSet> {
  const pending = await pendingSet(folder);
  if (pending) return pending;
  const set = setNamed(folder, await makeDatedFolder(folder.sets, now));
  await mkdir(set.nodes, { recursive: true, mode: 0o700 });
  await switchLink(folder.path, 'automation-new', set.name);
  return set;
}

/**
 * Points `automation-old` to the set in use, as the first thing that a rebuild does to the folder.
 * Nothing without such a set.
 */
export async function keepCurrentSet(folder: ClusterFolder): Promise<ClusterSet | undefined> {
  const current = await currentSet(folder);
  if (current) await switchLink(folder.path, 'automation-old', current.name);
  return current;
}

/**
 * Makes the new set the one in use: `automation-old` keeps the one that was, `automation-new` goes. May be killed
 * anywhere and run again: once `automation` is the new set, `automation-old` is not touched any more.
 */
export async function promote(folder: ClusterFolder, name: string): Promise<void> {
  const current = await readLink(folder.path, 'automation');
  const pending = await readLink(folder.path, 'automation-new');
  if (current !== name) {
    if (pending !== name) {
      throw new Failure(
        'FilesDamaged',
        `The set ${name} cannot be put in use: automation-new points to ${pending ?? 'nothing'} → ` +
          'someone changed the links during the run; nothing was changed now. Point automation-new back and answer retry.',
      );
    }
    if (current !== undefined) await switchLink(folder.path, 'automation-old', current);
    await switchLink(folder.path, 'automation', name);
  }
  if (pending === name) await removeLink(folder.path, 'automation-new');
}

/** Gives the new set up: its link goes, its files stay, since a machine may still run under it. */
export async function discardNew(folder: ClusterFolder): Promise<void> {
  await removeLink(folder.path, 'automation-new');
}

async function setBehind(folder: ClusterFolder, link: LinkName): Promise<ClusterSet | undefined> {
  const name = await readLink(folder.path, link);
  return name === undefined ? undefined : setNamed(folder, name);
}

import { readFile, realpath } from 'node:fs/promises';
import { isMap, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { Failure } from '../run/failure.ts';
import { displayPath } from './paths.ts';
import { readIfThere, replaceUserFile } from './user-file.ts';

/**
 * Puts the active context of one talosconfig under `name` into the user's own, in place of what stood there under
 * this name. All other contexts, the user's choice of the active one, and comments stay; the former file is kept
 * beside it as `.old` (`.old-2`, … where there is one). Run again, it changes nothing. Fails with `FilesDamaged`
 * before anything is written.
 */
export async function mergeTalosconfig(merge: {
  readonly from: string;
  readonly into: string;
  readonly name: string;
}): Promise<void> {
  // A symbolic link, as dotfile managers make them, stays one.
  const into = await realpath(merge.into).catch(() => merge.into);
  const source = readTalosconfig(merge.from, await readFile(merge.from, 'utf8'));
  const context = source.getIn(['contexts', source.get('context')]);
  if (!isMap(context)) throw damaged(merge.from);

  const former = await readIfThere(into);
  const target = readTalosconfig(into, former ?? '');
  const wanted = context.toJSON() as unknown;
  const present = target.getIn(['contexts', merge.name]);
  if (isMap(present) && JSON.stringify(present.toJSON()) === JSON.stringify(wanted)) return;
  target.setIn(['contexts', merge.name], target.createNode(wanted));
  if (!target.get('context')) target.set('context', merge.name);

  await replaceUserFile(into, former, target.toString());
}

function readTalosconfig(file: string, text: string): Document {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length > 0) throw damaged(file);
  if (document.contents === null) return parseDocument('context: ""\ncontexts: {}\n');
  if (!isMap(document.contents)) throw damaged(file);
  const contexts = document.get('contexts');
  if (contexts === null || contexts === undefined) document.set('contexts', document.createNode({}));
  else if (!isMap(contexts)) throw damaged(file);
  return document;
}

function damaged(file: string): Failure {
  const remedy = 'correct or move the file, then answer retry; nothing was changed';
  return new Failure('FilesDamaged', `${displayPath(file)} is not a talosconfig that can be read → ${remedy}`);
}

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

/** Names of fields whose values are secret, in `secrets.yaml`, talosconfigs, kubeconfigs and machine configurations. */
const secretNames = /^(key|client-key-data|.*token|.*secret)$/i;

/** A secret value by its place, and texts any of which would give it away. */
export interface Secret {
  readonly place: string;
  readonly fragments: readonly string[];
}

/** Every secret value in a YAML text. */
export function secretsIn(place: string, yaml: string): Secret[] {
  const found: Secret[] = [];
  const collect = (at: string, name: string, value: unknown): void => {
    if (typeof value === 'string' && secretNames.test(name) && value.length >= 16)
      found.push({ place: at, fragments: fragmentsOf(value) });
    if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) collect(`${at}.${key}`, key, one);
  };
  for (const document of parseAllDocuments(yaml)) collect(place, '', document.toJS());
  return found;
}

/** The secrets of all files below a folder. */
export async function secretsBelow(folder: string): Promise<Secret[]> {
  const texts = await textsBelow(folder);
  const yaml = texts.filter(({ file }) => /\.yaml$|talosconfig$|kubeconfig$/.test(file));
  return yaml.flatMap(({ file, text }) => secretsIn(file, text));
}

export async function textsBelow(folder: string): Promise<{ readonly file: string; readonly text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(file, 'latin1') })));
}

/** The places of the secrets that a text gives away, raw, in base64 or in base64 of base64. */
export function leaksIn(text: string, secrets: readonly Secret[]): string[] {
  return secrets.filter(({ fragments }) => fragments.some((one) => text.includes(one))).map(({ place }) => place);
}

/**
 * Pieces of a value and of what it encodes, in every form in which they may turn up. A piece of a
 * key is as bad as the whole.
 */
function fragmentsOf(value: string): string[] {
  const pem = Buffer.from(value, 'base64').toString('latin1');
  const body = pem.startsWith('-----BEGIN') ? pem.replace(/-----[^-]+-----/g, '').replace(/\s/g, '') : undefined;
  const pieces = [...piecesOf(value), ...(body === undefined ? [] : piecesOf(body))];
  return pieces.flatMap((piece) => [piece, ...encodings(piece), ...encodings(piece).flatMap(encodings)]);
}

/** The last part of a key: what comes before it says of what kind the key is, and is the same for all of its kind. */
function piecesOf(value: string): string[] {
  if (value.length < 40) return [value];
  const start = Math.floor(value.length * 0.6);
  return [value.slice(start, start + 20)];
}

/** A text in base64, at each of the three places at which it may begin in a longer one. */
function encodings(text: string): string[] {
  return [0, 1, 2].map((offset) => {
    const whole = Buffer.from('\0'.repeat(offset) + text, 'latin1').toString('base64');
    return whole.slice(offset === 0 ? 0 : 4, Math.floor((offset + text.length) / 3) * 4);
  });
}

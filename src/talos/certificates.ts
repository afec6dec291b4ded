import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { Failure } from '../run/failure.ts';
import { at, listAt, textAt } from './config-documents.ts';

/** What a talosconfig says, less its key. */
export interface TalosconfigFacts {
  readonly context: string;
  readonly endpoints: readonly string[];
  /** PEM of the CA that signs the certificates of the cluster's machines: the key to know them by. */
  readonly caPem: string;
  /** Roles of the client certificate: `os:admin` is needed to rebuild. */
  readonly roles: readonly string[];
  readonly expiresAt: Date;
}

/**
 * Reads a talosconfig's current context. Fails with `CredentialsRefused`, which names the file and shows nothing of it.
 */
export async function readTalosconfig(file: string): Promise<TalosconfigFacts> {
  const refuse = (why: string): Failure => new Failure('CredentialsRefused', `The talosconfig ${file} ${why}.`);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`);
  });
  const context = contextOf(text);
  if (context === undefined) throw refuse('is no talosconfig with a current context');
  try {
    const caPem = decoded(context.content, 'ca');
    const client = new X509Certificate(decoded(context.content, 'crt'));
    return {
      context: context.name,
      endpoints: listAt(context.content, 'endpoints').map(String),
      // Parsed, so that what is no certificate is refused here and not when a machine is checked with it.
      caPem: new X509Certificate(caPem).toString(),
      roles: client.subject.split('\n').flatMap((part) => (part.startsWith('O=') ? [part.slice(2)] : [])),
      expiresAt: new Date(client.validTo),
    };
  } catch {
    throw refuse('holds no certificates that can be read');
  }
}

/** PEM of the CA in a talosconfig, for `observeNode`. */
export async function caOf(talosconfig: string): Promise<string> {
  return (await readTalosconfig(talosconfig)).caPem;
}

function contextOf(text: string): { name: string; content: unknown } | undefined {
  try {
    const talosconfig: unknown = parse(text);
    const name = textAt(talosconfig, 'context');
    const content = name === undefined ? undefined : at(talosconfig, 'contexts', name);
    return name === undefined || content === undefined ? undefined : { name, content };
  } catch {
    return undefined;
  }
}

function decoded(context: unknown, key: string): string {
  return Buffer.from(textAt(context, key) ?? '', 'base64').toString('utf8');
}

import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { Failure } from '../run/failure.ts';
import type { ClusterFolder } from './folder.ts';
import { displayPath } from './paths.ts';
import { listSets } from './sets.ts';

/** A certificate authority by which a running machine is known, and what talks to that machine. */
export interface KnownSet {
  /** The set's name, or `talosconfig` for the file that cluster.yaml names. */
  readonly name: string;
  /** The CA of the machines' Talos API, PEM. */
  readonly caPem: string;
  /** Absolute path; absent where the set has none yet. */
  readonly talosconfig?: string;
}

/**
 * The CAs that this folder knows, an entry for each CA of each set: from its talosconfig (of the context that talosctl
 * would use: other contexts may belong to other clusters) and its secrets.yaml. `talosconfig` is the file that
 * cluster.yaml names, if it names one. Fails with `FilesDamaged` on files that cannot be read, `CredentialsRefused` on
 * a named talosconfig that is none.
 */
export async function knownSets(folder: ClusterFolder, talosconfig?: string): Promise<KnownSet[]> {
  const known: KnownSet[] = [];
  for (const set of await listSets(folder)) {
    const fromTalosconfig = await read(set.talosconfig, caOfTalosconfig, 'FilesDamaged');
    const fromSecrets = await read(set.secrets, caOfSecrets, 'FilesDamaged');
    const cas = new Set([fromTalosconfig, fromSecrets].filter((ca) => ca !== undefined));
    for (const caPem of cas) {
      known.push({
        name: set.name,
        caPem,
        ...(fromTalosconfig === caPem ? { talosconfig: set.talosconfig } : {}),
      });
    }
  }
  if (talosconfig !== undefined) {
    const caPem = await read(talosconfig, caOfTalosconfig, 'CredentialsRefused');
    if (caPem === undefined) {
      throw new Failure(
        'CredentialsRefused',
        `${displayPath(talosconfig)} does not exist → correct \`talosconfig\` in cluster.yaml or remove it`,
      );
    }
    // A set with the same CA gets in as well: under two names the machine would look like one of two clusters.
    const isOfSet = known.some((set) => set.caPem === caPem && set.talosconfig !== undefined);
    if (!isOfSet) known.push({ name: 'talosconfig', caPem, talosconfig });
  }
  return known;
}

/** The CAs that were read, by file: each look at a machine needs them, and the files seldom change. */
const lastRead = new Map<string, { readonly version: string; readonly ca: string }>();

/** The CA in a file; one that has changed since it was read is read again. */
async function read(
  file: string,
  extract: (content: unknown) => unknown,
  failure: 'FilesDamaged' | 'CredentialsRefused',
): Promise<string | undefined> {
  let text: string;
  let version: string;
  try {
    const { mtimeNs, ctimeNs, ino, size } = await stat(file, { bigint: true });
    version = [mtimeNs, ctimeNs, ino, size].join();
    const known = lastRead.get(file);
    if (known?.version === version) return known.ca;
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure(failure, `${displayPath(file)} cannot be read → check its owner and mode`, { cause });
  }
  const ca = caIn(text, file, extract, failure);
  lastRead.set(file, { version, ca });
  return ca;
}

function caIn(
  text: string,
  file: string,
  extract: (content: unknown) => unknown,
  failure: 'FilesDamaged' | 'CredentialsRefused',
): string {
  try {
    const encoded = extract(parse(text, { logLevel: 'silent' }));
    if (typeof encoded !== 'string') throw new TypeError('no CA');
    // Also the check that it is a certificate at all; written out again, so that equal CAs are equal texts.
    return new X509Certificate(Buffer.from(encoded, 'base64')).toString();
  } catch {
    // What went wrong may quote the file, and the file holds keys.
    const remedy = 'replace it by the right file, or move it out of the folder if it is not needed any more';
    throw new Failure(failure, `${displayPath(file)} holds no Talos CA that can be read → ${remedy}`);
  }
}

interface Talosconfig {
  readonly context?: string;
  readonly contexts?: Readonly<Record<string, { readonly ca?: unknown } | undefined>>;
}

function caOfTalosconfig(content: unknown): unknown {
  const { context, contexts } = content as Talosconfig;
  return contexts?.[context ?? '']?.ca;
}

function caOfSecrets(content: unknown): unknown {
  return (content as { certs?: { os?: { crt?: unknown } } }).certs?.os?.crt;
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Access, CallOptions } from './access.ts';
import { redact } from './redact.ts';
import { callMachine } from './talosctl.ts';

const tailLines = 500;

/** What tells most about a machine that did not get on. */
const services = ['machined', 'apid', 'etcd', 'kubelet', 'trustd'];

/** What a machine tells of itself in either state; in maintenance mode this is all that can be had of it. */
const resources = ['machinestatus', 'diagnostics', 'addresses', 'links', 'disks', 'volumestatus', 'discoveredvolumes'];

interface Source {
  readonly file: string;
  readonly args: readonly string[];
  /** The command never ends by itself: what it wrote by the time limit is what there was. */
  readonly endless?: boolean;
}

/**
 * Saves what a machine tells of itself to files in `folder`, without secrets: its stage, network and disks, and where
 * it is configured the last lines of its kernel log, events and services. As far as it answers: what cannot be had is
 * left out. Resolves with the files' names. Only an abort makes it fail.
 */
export async function collectEvidence(access: Access, folder: string, options: CallOptions = {}): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const save = async ({ file, args, endless: partial = false }: Source): Promise<string[]> => {
    try {
      const { stdout } = await callMachine(access, args, { timeoutMs: 5000, ...options, partial });
      const text = lastLines(redact(stdout));
      if (text.trim() === '') return [];
      await writeFile(join(folder, file), text, { mode: 0o600 });
      return [file];
    } catch {
      options.signal?.throwIfAborted();
      return [];
    }
  };
  return (await Promise.all(sourcesOf(access).map(save))).flat();
}

function sourcesOf(access: Access): Source[] {
  const told = resources.map((type): Source => ({ file: `${type}.txt`, args: ['get', type, '-o', 'yaml'] }));
  if ('insecure' in access) return told;
  return [
    { file: 'dmesg.txt', args: ['dmesg'] },
    { file: 'events.txt', args: ['events', '--tail', String(tailLines)], endless: true },
    { file: 'services.txt', args: ['service'] },
    ...services.map((service): Source => ({
      file: `${service}.txt`,
      args: ['logs', service, '--tail', String(tailLines)],
    })),
    ...told,
  ];
}

function lastLines(text: string): string {
  return text
    .split('\n')
    .slice(-tailLines - 1)
    .join('\n');
}

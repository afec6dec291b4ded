import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallOptions, CredentialAccess, MachineAddress } from './access.ts';
import { redact } from './redact.ts';
import { callMachine } from './talosctl.ts';

const tailLines = 500;

/** What tells most about a machine that did not get on. */
const services = ['machined', 'apid', 'etcd', 'kubelet', 'trustd'];

/**
 * Saves the last lines of a machine's kernel log, events and services to files in `folder`, without secrets. As far as it answers: what cannot be had
 * is left out. Resolves with the files' names. Only an abort makes it fail.
 */
export async function collectEvidence(
  access: MachineAddress & CredentialAccess,
  folder: string,
  options: CallOptions = {},
): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const save = async (name: string, args: readonly string[], partial: boolean): Promise<string[]> => {
    try {
      const { stdout } = await callMachine(access, args, { timeoutMs: 5000, ...options, partial });
      const text = lastLines(redact(stdout));
      if (text === '') return [];
      await writeFile(join(folder, name), text, { mode: 0o600 });
      return [name];
    } catch {
      options.signal?.throwIfAborted();
      return [];
    }
  };
  const saved = await Promise.all([
    save('dmesg.txt', ['dmesg'], false),
    // This command never ends by itself: what it wrote by the time limit is what there was.
    save('events.txt', ['events', '--tail', String(tailLines)], true),
    ...services.map((service) => save(`${service}.txt`, ['logs', service, '--tail', String(tailLines)], false)),
  ]);
  return saved.flat();
}

function lastLines(text: string): string {
  return text
    .split('\n')
    .slice(-tailLines - 1)
    .join('\n');
}

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from './made-once.ts';
import { talosctl } from './programs/talosctl.ts';

export type Cluster = 'old' | 'new' | 'foreign' | 'fourth';

/**
 * `secrets.yaml` of one of four clusters, drawn once for all tests: its RSA key takes up to two seconds of computing.
 */
export async function secretsOf(cluster: Cluster): Promise<string> {
  const folder = await madeOnce(`secrets-${cluster}`, async (unfinished) => {
    await runTalosctl('gen', 'secrets', '-o', path.join(unfinished, 'secrets.yaml'));
  });
  return readFile(path.join(folder, 'secrets.yaml'), 'utf8');
}

export async function runTalosctl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(talosctl, args, { timeout: 60_000 });
  return stdout;
}

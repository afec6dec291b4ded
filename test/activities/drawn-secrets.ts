import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { talosctl } from '../talos/real-talosctl.ts';
import { newFolder, removeFolder } from '../temporary-folder.ts';

export type Cluster = 'old' | 'new' | 'foreign';

const drawn = new Map<Cluster, Promise<string>>();

/** `secrets.yaml` of one of three clusters, drawn once for each test file: an RSA key takes up to two seconds. */
export function secretsOf(cluster: Cluster): Promise<string> {
  const known = drawn.get(cluster) ?? draw();
  drawn.set(cluster, known);
  return known;
}

async function draw(): Promise<string> {
  const folder = await newFolder();
  try {
    const file = path.join(folder, 'secrets.yaml');
    await runTalosctl('gen', 'secrets', '-o', file);
    return await readFile(file, 'utf8');
  } finally {
    await removeFolder(folder);
  }
}

export async function runTalosctl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(talosctl.binary, args, { timeout: 60_000 });
  return stdout;
}

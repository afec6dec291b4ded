import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { talosctl } from '../talos/real-talosctl.ts';

/** Draws real secrets with the real talosctl: `secrets.yaml` and `talosconfig`, as a set or a folder of the user's has them. */
export async function makeRealSet(folder: string, context = 'home'): Promise<void> {
  await mkdir(folder, { recursive: true });
  const secrets = path.join(folder, 'secrets.yaml');
  const run = (...args: string[]) => promisify(execFile)(talosctl.binary, args, { timeout: 20_000 });
  await run('gen', 'secrets', '-o', secrets);
  const output = path.join(folder, 'talosconfig');
  await run(
    'gen',
    'config',
    context,
    'https://127.0.0.1:6443',
    '--with-secrets',
    secrets,
    '-t',
    'talosconfig',
    '-o',
    output,
  );
}

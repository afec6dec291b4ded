import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A new empty folder that goes when the test ends. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'talos-rebuild-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files below a folder; folders are made as needed. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/** A cluster.yaml without a mistake; each argument replaces the line that begins with its key, or adds one, or with `''` removes it. */
export function clusterYaml(lines: Readonly<Record<string, string>> = {}): string {
  const all: Record<string, string> = {
    name: 'home',
    endpoint: 'https://192.168.1.10:6443',
    vip: '{ address: 192.168.1.10, link: end0 }',
    talos: '{ version: v1.13.9, installDisk: /dev/sda, installImage: "factory.talos.dev/installer/0123:v1.13.9" }',
    kubernetes: '{ version: 1.36.0 }',
    folder: './secrets',
    secrets: 'new',
    nodes: '[{ name: a, role: controlplane, address: 192.168.1.11 }]',
    ...lines,
  };
  return Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

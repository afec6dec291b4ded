import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Writes files below a folder; folders are made as needed. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/**
 * A cluster.yaml without a mistake; each argument replaces the line that begins with its key, or adds
 * one, or with `''` removes it.
 */
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

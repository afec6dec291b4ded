import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Obtainable } from '../../src/tools/obtainable.ts';
import { goArch, goOs } from '../../src/tools/platform.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A place of its own for one test: empty PATH folder, empty cache, and a download host that refuses connections. */
export async function startBench(t: TestContext) {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'path');
  const cache = join(folder, 'cache', 'talos-rebuild', 'bin');
  await mkdir(path);
  await mkdir(cache, { recursive: true });
  const env = {
    PATH: path,
    XDG_CACHE_HOME: join(folder, 'cache'),
    TALOS_REBUILD_GITHUB: 'http://127.0.0.1:2',
    TALOS_REBUILD_TALOSCTL: '',
    TALOS_REBUILD_TEMPORAL: '',
    TALOS_REBUILD_TEST_KUBECTL: '',
  };
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  t.after(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  return { folder, path, cache, env };
}

/** The text of a program that answers `version --client --short` as talosctl of this version does. */
export function talosctlText(version: string): string {
  return `#!/bin/sh\necho "Client:"\necho "Talos v${version}"\n`;
}

/** Writes such a program to a file. */
export async function writeTalosctl(file: string, version: string): Promise<string> {
  await writeFile(file, talosctlText(version));
  await chmod(file, 0o755);
  return file;
}

/** A download host on loopback. `files` are by path; of those that match `halfOf` the second half never comes. */
export async function startReleaseHost(t: TestContext, files: Record<string, string>, halfOf = /^$/) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    requests.push(url);
    const body = files[url];
    if (halfOf.test(url)) {
      response.writeHead(200, { 'content-length': 1000 }).write('half');
      return;
    }
    if (body === undefined) response.writeHead(404).end();
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close() && server.closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** What can be got, when the sum of this platform's file is that of this text. */
export function obtainable(version: string, text: string): Obtainable {
  const sum = createHash('sha256').update(text).digest('hex');
  return { newest: version, release: { version, sums: { [`${goOs}-${goArch}`]: sum } } };
}

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../cli/run-command.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = [
  ...(await readdir(root)).filter((name) => name.endsWith('.md')),
  'simulator/README.md',
  ...(await readdir(join(root, 'docs'), { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (page: string): Promise<string> => readFile(join(root, page), 'utf8');

for (const page of pages) {
  test(`${page} leads nowhere that is not there`, async () => {
    const text = await read(page);
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      assert.ok(existsSync(resolve(root, dirname(page), target)), `${page} → ${target}`);
    }
  });
}

describe('the reference', () => {
  test('has every command, and every option that its help has', async () => {
    const reference = await read('docs/reference.md');
    const { stdout } = await runCommand(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name = '']) => name);
    assert.equal(commands.length, 14);
    for (const command of commands) {
      const section = new RegExp(`### ${command}\\n([\\s\\S]*?)\\n##`).exec(reference)?.[1];
      assert.ok(section, command);
      const help = (await runCommand([command, '--help'])).stdout;
      for (const [, option = ''] of help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) {
        if (['--json', '--help', '--cluster', '--name'].includes(option)) continue;
        assert.ok(section.includes(option), `${command} ${option}`);
      }
    }
  });

  test('has every key of cluster.yaml', async () => {
    const reference = await read('docs/reference.md');
    const table = reference.slice(reference.indexOf('## cluster.yaml'), reference.indexOf('## Settings'));
    for (const key of keysOf(JSON.parse(await read('cluster.schema.json')) as Schema)) {
      assert.match(table, new RegExp(`\\b${key}\\b`), key);
    }
  });

  test('has every environment variable that the code reads', async () => {
    const reference = await read('docs/reference.md');
    for (const file of await readdir(join(root, 'src'), { recursive: true })) {
      if (!file.endsWith('.ts')) continue;
      for (const [, name = ''] of (await read(join('src', file))).matchAll(
        /\b(TALOS_REBUILD_[A-Z]+|TEMPORAL_UI_URL)\b/g,
      )) {
        assert.ok(reference.includes(name), `${name} in ${file}`);
      }
    }
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

function keysOf({ properties = {}, items }: Schema): string[] {
  const own = Object.entries(properties).flatMap(([key, schema]) => [key, ...keysOf(schema)]);
  return items === undefined ? own : [...own, ...keysOf(items)];
}

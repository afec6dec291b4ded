import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { clusterJsonSchema } from '../../src/cluster/schema.ts';

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Record<string, SchemaNode>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: boolean;
}

function undescribed(node: SchemaNode, path: string): string[] {
  return [
    ...(node.description === undefined ? [path] : []),
    ...(node.properties && node.additionalProperties !== false ? [`${path} lets unknown keys in`] : []),
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]) => undescribed(child, `${path}.${key}`)),
    ...(node.items ? undescribed(node.items, `${path}[]`) : []),
  ];
}

describe('cluster.schema.json', () => {
  test('is what the program itself checks; npm run schema writes it', async () => {
    const written = await readFile(new URL('../../cluster.schema.json', import.meta.url), 'utf8');
    assert.equal(written, `${JSON.stringify(clusterJsonSchema(), undefined, 2)}\n`);
  });

  test('explains every key in an editor, and lets no unknown key in', () => {
    assert.deepEqual(undescribed(clusterJsonSchema(), 'cluster'), []);
  });
});

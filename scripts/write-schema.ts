import { writeFile } from 'node:fs/promises';
import { clusterJsonSchema } from '../src/cluster/schema.ts';

/**
 * Writes cluster.schema.json, by which editors complete and check cluster.yaml, from the schema
 * that the program itself uses.
 */
const file = new URL('../cluster.schema.json', import.meta.url);
await writeFile(file, `${JSON.stringify(clusterJsonSchema(), undefined, 2)}\n`);
console.error('Wrote cluster.schema.json.');

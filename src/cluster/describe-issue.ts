import type { z } from 'zod';
import { closest } from './closest.ts';
import type { Problem, ValuePath } from './problem.ts';
import { clusterJsonSchema } from './schema.ts';

/** The part of JSON Schema that says which keys there are and what they mean. */
interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/**
 * Says what zod found in cluster.yaml in the words of someone who edits it. An issue about several keys
 * becomes several problems.
 */
export function describeIssue(issue: z.core.$ZodIssue): Problem[] {
  const root = clusterJsonSchema() as SchemaNode;
  const path = issue.path as ValuePath;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(root, path, key));
  return [{ severity: 'error', path, ...whatAndRemedy(issue, path, schemaAt(root, path)?.description) }];
}

function unknownKey(root: SchemaNode, path: ValuePath, key: string): Problem {
  const known = Object.keys(schemaAt(root, path)?.properties ?? {});
  const meant = closest(key, known);
  const elsewhere = placesOf(root, key);
  const remedy =
    meant !== undefined
      ? `did you mean \`${meant}\`?`
      : elsewhere.length > 0
        ? `it belongs under ${elsewhere.join(' or ')}`
        : `remove it; known here: ${known.join(', ')}`;
  return { severity: 'error', path: [...path, key], at: 'key', what: `unknown key \`${key}\``, remedy };
}

function whatAndRemedy(
  issue: Exclude<z.core.$ZodIssue, { code: 'unrecognized_keys' }>,
  path: ValuePath,
  description: string | undefined,
): { what: string; remedy: string } {
  const name = describePath(path);
  const meaning = description ?? 'see the reference of cluster.yaml';
  if (issue.code === 'invalid_type' || issue.code === 'invalid_value') {
    if (issue.input === undefined) return { what: `${name} is missing`, remedy: `add it: ${meaning}` };
    if (issue.input === null) return { what: `${name} is empty`, remedy: `fill it in or remove the key: ${meaning}` };
  }
  if (issue.code === 'invalid_type') {
    const wanted = kinds[issue.expected] ?? issue.expected;
    return {
      what: `${name} is ${kindOf(issue.input)}`,
      remedy: `write ${wanted}: ${meaning}`,
    };
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const meant = closest(String(issue.input), values);
    return {
      what: `${name} cannot be ${JSON.stringify(issue.input)}`,
      remedy: meant === undefined ? `write ${values.join(' or ')}` : `did you mean \`${meant}\`?`,
    };
  }
  const [what = '', ...rest] = issue.message.split(' → ');
  return { what: `${name}: ${what}`, remedy: rest.join(' → ') || meaning };
}

/** `nodes[1].address` for a person who counts machines from the list's beginning. */
export function describePath(path: ValuePath): string {
  return (
    path.reduce<string>(
      (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
      '',
    ) || 'the file'
  );
}

const kinds: Readonly<Record<string, string>> = {
  object: 'keys with values',
  record: 'keys with values',
  array: 'a list',
  string: 'text (in quotes if it looks like a number)',
  number: 'a number',
  boolean: 'true or false',
};

function kindOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a group of keys';
  return typeof input === 'string' ? 'text' : `${JSON.stringify(input)}, read as a ${typeof input}`;
}

function schemaAt(root: SchemaNode, path: ValuePath): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>(
    (node, part) => (typeof part === 'number' ? node?.items : node?.properties?.[part]),
    root,
  );
}

/** Where a key would be right: `talos`, `nodes[]`, `approval`. */
function placesOf(node: SchemaNode, key: string, path = ''): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const here = path === '' ? name : `${path}.${name}`;
    const [inner, place] = child.items?.properties ? [child.items, `${here}[]`] : [child, here];
    return [...(Object.hasOwn(inner.properties ?? {}, key) ? [`\`${place}\``] : []), ...placesOf(inner, key, place)];
  });
}

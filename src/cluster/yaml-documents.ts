import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Node, YAMLError } from 'yaml';
import type { ValuePath } from './problem.ts';

/** Lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One document of a YAML file: its content as plain values, and where in the file each of them stands. */
export interface YamlDocument {
  readonly value: unknown;
  /** The position of the key or value at `path`, or of the nearest thing above it that is there. */
  readonly locate: (path: ValuePath, at?: 'key' | 'value') => Position;
}

export interface YamlFile {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly (Position & { readonly what: string; readonly remedy: string })[];
}

/**
 * Reads all documents of a YAML file. A document with errors is left out, unless all that is wrong
 * with it is a key given twice.
 */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter();
  // The file may hold secrets, so no excerpts of it: prettyErrors off.
  const options = { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'silent' } as const;
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const parsed = parseAllDocuments(text, options);
  const documents: YamlDocument[] = [];
  const problems: (Position & { what: string; remedy: string })[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const error of document.errors)
      problems.push({ ...positionOf(error.pos[0]), ...describeYamlError(error, text) });
    if (!document.errors.every((error) => error.code === 'DUPLICATE_KEY')) continue;
    try {
      documents.push({
        value: document.toJS({ maxAliasCount: 100 }) as unknown,
        locate: (path, at) => positionOf(offsetOf(document, path, at)),
      });
    } catch {
      problems.push({
        ...positionOf(document.range[0]),
        what: 'the aliases (*name) cannot be resolved',
        remedy: 'write the values out, or correct the anchors (&name)',
      });
    }
  }
  return { documents, problems };
}

/** What to do about the mistakes that people make most; of the others the parser's own sentence says enough. */
function describeYamlError(error: YAMLError, text: string): { what: string; remedy: string } {
  if (error.code === 'DUPLICATE_KEY') {
    const [key = ''] = /^[\w.-]+/.exec(text.slice(error.pos[0])) ?? [];
    return { what: `the key ${key && `\`${key}\` `}is given twice`, remedy: 'keep one of the two' };
  }
  if (error.code === 'TAB_AS_INDENT') return { what: 'a tab is used to indent', remedy: 'indent with spaces' };
  return {
    what: `not valid YAML here: ${firstSentence(error.message)}`,
    remedy: 'check colons, quotes and brackets in this line and the one above',
  };
}

function firstSentence(message: string): string {
  return message.split('\n')[0]?.replace(/[.:]$/, '') ?? message;
}

function offsetOf(document: Document.Parsed, path: ValuePath, at: 'key' | 'value' = 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, part] of path.entries()) {
    const container = isAlias(node) ? node.resolve(document) : node;
    const next: unknown = isMap(container)
      ? container.items.find((pair) => isPair(pair) && isScalar(pair.key) && String(pair.key.value) === String(part))
      : isSeq(container) && typeof part === 'number'
        ? container.items[part]
        : undefined;
    if (next === undefined) return offset;
    const last = index === path.length - 1;
    node = isPair(next) ? next.value : next;
    const keyOffset = isPair(next) ? startOf(next.key) : undefined;
    offset = (last && at === 'key' ? keyOffset : undefined) ?? startOf(node) ?? keyOffset ?? offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

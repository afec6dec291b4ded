import { type ConfigDocument, isRecord, parseConfiguration, textAt } from './config-documents.ts';
import { isSecret } from './secret-fields.ts';

/**
 * Says how a planned configuration differs from the running one, for people: document by document, a line for each
 * value with its path, sorted, `-` for what goes and `+` for what comes. Secrets are compared but never shown:
 * `<secret changed>`. Without a running configuration everything comes. Equal configurations give an empty text. Pure.
 */
export function redactedDiff(runningYaml: string | undefined, plannedYaml: string): string {
  const running = runningYaml === undefined ? new Map<string, Values>() : valuesByDocument(runningYaml);
  const planned = valuesByDocument(plannedYaml);
  const names = [...new Set([...running.keys(), ...planned.keys()])].sort(documentOrder);
  return names
    .map((name) => ({ name, lines: documentDiff(running.get(name), planned.get(name)) }))
    .filter(({ lines }) => lines.length > 0)
    .map(({ name, lines }) => `@@ ${name} @@\n${lines.join('\n')}\n`)
    .join('\n');
}

/** Every value of a document by its path. */
type Values = ReadonlyMap<string, Value>;

interface Value {
  /** Two values are equal if this is. Never shown for a secret. */
  readonly text: string;
  readonly secret: boolean;
}

const mainName = 'machine and cluster';

function documentOrder(a: string, b: string): number {
  if (a === mainName || b === mainName) return a === mainName ? -1 : 1;
  return a < b ? -1 : 1;
}

function documentDiff(running: Values | undefined, planned: Values | undefined): string[] {
  const paths = [...new Set([...(running?.keys() ?? []), ...(planned?.keys() ?? [])])].sort();
  return paths.flatMap((path) => lineDiff(path, running?.get(path), planned?.get(path)));
}

function lineDiff(path: string, before: Value | undefined, after: Value | undefined): string[] {
  if (before?.text === after?.text) return [];
  if (before && after && (before.secret || after.secret)) return [`~ ${path}: <secret changed>`];
  return [
    ...(before ? [`- ${path}: ${before.secret ? '<secret>' : before.text}`] : []),
    ...(after ? [`+ ${path}: ${after.secret ? '<secret>' : after.text}`] : []),
  ];
}

function valuesByDocument(yaml: string): Map<string, Values> {
  const documents = new Map<string, Values>();
  for (const document of parseConfiguration(yaml)) {
    const values = new Map<string, Value>();
    collect([], document, values);
    const name = nameOfDocument(document);
    // Two documents of one name are refused by Talos; should there be some, none may hide another.
    documents.set(documents.has(name) ? `${name} (${documents.size})` : name, values);
  }
  return documents;
}

function nameOfDocument(document: ConfigDocument): string {
  const kind = textAt(document, 'kind');
  const name = textAt(document, 'name');
  if (kind === undefined) return mainName;
  return name === undefined ? kind : `${kind} ${name}`;
}

function collect(path: readonly string[], value: unknown, into: Map<string, Value>): void {
  if (isRecord(value) && Object.keys(value).length > 0) {
    for (const [key, child] of Object.entries(value)) collect([...path, key], child, into);
  } else if (Array.isArray(value) && value.length > 0) {
    value.forEach((child, i) => collect([...path, String(i)], child, into));
  } else {
    into.set(pathText(path), { text: JSON.stringify(value) ?? 'null', secret: isSecret(keysOf(path), value) });
  }
}

/** `machine.network.interfaces[0].dhcp`. */
function pathText(path: readonly string[]): string {
  return path.reduce((text, key) => {
    if (/^\d+$/.test(key)) return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** Positions in lists are no keys: `files[0].content` is a file's content. */
function keysOf(path: readonly string[]): string[] {
  return path.filter((key) => !/^\d+$/.test(key));
}

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, LineCounter, parseDocument, type Document } from 'yaml';
import type { LabOptions } from '../lab.ts';
import { machinesSchema } from './machines-schema.ts';
import { describeProblem, Mistake, problemsOf, type Problem, type ValuePath } from './problems.ts';

export interface MachinesFile {
  readonly options: LabOptions;
  /** The machine with which the configured ones are one healthy cluster from the start. */
  readonly bootstrapped: string | undefined;
}

/**
 * Reads the file with the machines. Throws a {@link Mistake} with all that is wrong in it, each as
 * `file:line:column: what`.
 */
export function readMachinesFile(file: string): MachinesFile {
  const text = readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  if (document.errors.length > 0)
    throw new Mistake(...document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message.split('\n')[0] ?? ''}`));
  const refuse = (problems: readonly Problem[]) => {
    const placed = problems.map((problem) => ({ problem, offset: offsetOf(document, problem.path) }));
    const inOrder = placed.toSorted((a, b) => a.offset - b.offset);
    return new Mistake(...inOrder.map(({ problem, offset }) => `${at(offset)}: ${describeProblem(problem)}`));
  };

  const checked = machinesSchema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (!checked.success) throw refuse(problemsOf(checked.error));
  const { machines, bootstrapped, ...rest } = checked.data;
  const problems: Problem[] = [...duplicates(machines, 'name'), ...duplicates(machines, 'address')];
  const specs = machines.map(({ configuration, ...machine }, index) => {
    if (configuration === undefined) return machine;
    try {
      return { ...machine, configuration: readText(resolve(dirname(file), configuration)) };
    } catch (error) {
      problems.push({ path: ['machines', index, 'configuration'], what: (error as Error).message });
      return machine;
    }
  });
  const first = machines.find(({ name }) => name === bootstrapped);
  if (bootstrapped !== undefined && first?.configuration === undefined)
    problems.push({ path: ['bootstrapped'], what: `no machine ${bootstrapped} with a configuration is there` });
  if (problems.length > 0) throw refuse(problems);
  return { options: { ...rest, machines: specs } as LabOptions, bootstrapped };
}

function duplicates(machines: readonly { name: string; address: string }[], key: 'name' | 'address'): Problem[] {
  return machines.flatMap((machine, index) =>
    machines.findIndex((one) => one[key] === machine[key]) < index
      ? [{ path: ['machines', index, key], what: `two machines have the ${key} ${machine[key]}` }]
      : [],
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Mistake(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Where the value at `path` begins, or its key, or the nearest thing above it that is there. */
function offsetOf(document: Document, path: ValuePath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent) ? parent.items.find((one) => String(one.key) === String(key)) : undefined;
    const node = (pair?.key ?? document.getIn(path.slice(0, length), true)) as { range?: [number] } | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return 0;
}

import { dirname, join } from 'node:path/posix';

/**
 * Which part of the project may import which. A part is a folder, or a file; what is in a part may import whatever
 * is in it. `types` is what it may import types of, no more. `packages` bounds the packages and modules of Node
 * that it may use: absent, any.
 */
export interface Part {
  readonly path: string;
  readonly imports: readonly string[];
  readonly types?: readonly string[];
  readonly packages?: readonly string[];
}

const shared = ['src/run', 'src/files', 'src/cluster', 'src/talos', 'src/kubernetes', 'src/checks'];
const product = [...shared, 'src/activities', 'src/temporal', 'src/tools', 'src/workflows/messages.ts'];

/** From the ground up. Where two parts fit, the longer path counts. */
export const parts: readonly Part[] = [
  { path: 'src/run', imports: [], packages: [] },
  { path: 'src/files', imports: [] },
  { path: 'src/cluster', imports: ['src/run', 'src/files'] },
  { path: 'src/talos', imports: ['src/run'] },
  { path: 'src/kubernetes', imports: ['src/run'] },
  { path: 'src/checks', imports: ['src/run', 'src/cluster', 'src/talos', 'src/kubernetes'] },
  { path: 'src/tools', imports: ['src/files'] },
  { path: 'src/temporal', imports: ['src/run', 'src/tools'] },
  { path: 'src/activities', imports: shared },
  {
    path: 'src/workflows',
    imports: ['src/run'],
    types: ['src/activities'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  { path: 'src/cli', imports: product },
  { path: 'src/client.ts', imports: [...product, 'src/cli'] },
  { path: 'src/worker.ts', imports: [...product, 'src/cli'] },
  { path: 'simulator', imports: [] },
  { path: 'demo', imports: [...product, 'src/cli', 'simulator'] },
  { path: 'bench', imports: [...product, 'src/cli', 'demo', 'simulator'] },
  { path: 'scripts', imports: [...product, 'src/cli', 'test'] },
  { path: 'test', imports: ['src', 'simulator', 'demo', 'bench', 'scripts'] },
  {
    path: 'simulator/test',
    imports: [
      'simulator',
      'test/programs',
      'test/kubernetes/kubectl.ts',
      'test/drawn-secrets.ts',
      'test/temporary-folder.ts',
    ],
  },
];

/**
 * One import: from which file, of what as it is written there, and whether of types alone. Paths
 * are relative to the project.
 */
export interface Import {
  readonly file: string;
  readonly of: string;
  readonly isOfTypes: boolean;
}

/** Why this import is not allowed; undefined where it is. */
export function refuseImport({ file, of, isOfTypes }: Import): string | undefined {
  const from = partOf(file);
  if (from === undefined) return `${file} belongs to no part: name its folder in test/import-directions.ts`;
  if (!of.startsWith('.')) {
    const isAllowed = from.packages?.some((name) => of === name || of.startsWith(`${name}/`)) ?? true;
    return isAllowed ? undefined : `${file} imports ${of}: ${from.path} uses ${listed(from.packages ?? [])}`;
  }
  const target = join(dirname(file), of);
  const to = partOf(target);
  const allowed = [...from.imports, ...(isOfTypes ? (from.types ?? []) : [])];
  if (to === from || allowed.some((path) => isWithin(target, path))) return undefined;
  return `${file} imports ${target}: ${from.path} imports ${listed(from.imports)}`;
}

/** Whether a path is this one, or below it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function partOf(file: string): Part | undefined {
  return parts.filter(({ path }) => isWithin(file, path)).toSorted((a, b) => b.path.length - a.path.length)[0];
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing but itself' : `${names.join(', ')} and itself`;
}

const statement = /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** The imports of a file, by its text. */
export function importsOf(file: string, text: string): Import[] {
  return [
    ...[...text.matchAll(statement)].map(([, type, of = '']) => ({ file, of, isOfTypes: type !== undefined })),
    ...[...text.matchAll(dynamic)].map(([, of = '']) => ({ file, of, isOfTypes: false })),
  ];
}

/**
 * The files of a circle that these imports go round in, the first one again at the end; undefined where there is none.
 */
export function circleIn(imports: readonly Import[]): string[] | undefined {
  const targets = new Map<string, string[]>();
  for (const { file, of } of imports) {
    if (of.startsWith('.')) targets.set(file, [...(targets.get(file) ?? []), join(dirname(file), of)]);
  }
  const done = new Set<string>();
  const circleFrom = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const target of targets.get(file) ?? []) {
      const circle = circleFrom(target, [...way, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const circle = circleFrom(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

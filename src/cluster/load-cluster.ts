import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterDefinition } from '../run/cluster-definition.ts';
import { Failure } from '../run/failure.ts';
import type { Finding } from '../run/findings.ts';
import { checkCluster } from './check-cluster.ts';
import { defineCluster } from './define-cluster.ts';
import { describeIssue } from './describe-issue.ts';
import { examinePatch, yamlProblems } from './patch-files.ts';
import { displayPath, resolvePath } from './paths.ts';
import { describeProblem } from './problem.ts';
import type { LocatedProblem, Problem, ValuePath } from './problem.ts';
import { salvage } from './salvage.ts';
import type { Salvaged } from './salvage.ts';
import { clusterFileSchema } from './schema.ts';
import type { ClusterFile } from './schema.ts';
import { readYaml } from './yaml-documents.ts';

export interface LoadedCluster {
  readonly definition: ClusterDefinition;
  readonly warnings: readonly Finding[];
  /** The content of cluster.yaml and of every patch and manifest, as read and checked, by absolute path. */
  readonly sources: ReadonlyMap<string, Buffer>;
}

/**
 * Reads and checks cluster.yaml with the patches and manifests that it names. Fails with `ClusterFileInvalid`, whose
 * message lists all mistakes at once, each as `file:line:column: what is wrong → what to write instead`.
 */
export async function loadCluster(file: string): Promise<LoadedCluster> {
  const absolute = path.resolve(file);
  const source = await readSource(absolute);
  const yaml = readYaml(source.toString('utf8'));
  const problems = yamlProblems(absolute, yaml);
  const [document, ...others] = yaml.documents;
  if (!document) throw invalid(absolute, problems.length > 0 ? problems : [emptyFile(absolute)]);

  const locateAll = (found: readonly Problem[]): LocatedProblem[] =>
    found.map(({ path: at, at: part, ...problem }) => ({
      file: displayPath(absolute),
      ...document.locate(at, part),
      ...problem,
    }));
  const parsed = clusterFileSchema.safeParse(document.value, { reportInput: true });
  const readable = salvage(clusterFileSchema, document.value) ?? {};
  const files = await readNamedFiles(path.dirname(absolute), readable);
  problems.push(
    ...others.map((other) => ({ ...secondDocument(absolute), ...other.locate([]) })),
    ...locateAll((parsed.error?.issues ?? []).flatMap(describeIssue)),
    ...locateAll(checkCluster(readable)),
    ...locateAll(files.problems),
    ...files.located,
  );
  if (!parsed.success || problems.some((problem) => problem.severity === 'error')) throw invalid(absolute, problems);
  return {
    definition: defineCluster(parsed.data, path.dirname(absolute)),
    warnings: problems.map(({ node, what, remedy }) => ({
      severity: 'warning',
      ...(node === undefined ? {} : { node }),
      seen: what,
      remedy,
    })),
    sources: new Map([[absolute, source], ...files.contents]),
  };
}

async function readSource(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const what =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'this is a folder' : `cannot be read (${code})`;
    const remedy = 'name the cluster.yaml of your cluster; examples/raspberry-pi/cluster.yaml is one to begin with';
    const problem = { severity: 'error', file: displayPath(file), line: 1, column: 1, what, remedy } as const;
    throw new Failure('ClusterFileInvalid', `${problem.file}: ${what} → ${remedy}`, { details: [problem], cause });
  }
}

interface NamedFiles {
  readonly contents: Map<string, Buffer>;
  /** Files that are not there, by their place in cluster.yaml. */
  readonly problems: Problem[];
  /** Mistakes within the files. */
  readonly located: LocatedProblem[];
}

/** Reads every file that cluster.yaml names; each once, however often it is named. */
async function readNamedFiles(base: string, cluster: Salvaged<ClusterFile>): Promise<NamedFiles> {
  const found: NamedFiles = { contents: new Map(), problems: [], located: [] };
  for (const { named, kind, at } of namedFiles(cluster)) {
    const file = resolvePath(base, named);
    if (found.contents.has(file)) continue;
    try {
      if (kind === 'talosconfig') {
        if (!(await stat(file)).isFile()) throw new Error('not a file');
        continue;
      }
      const content = await readFile(file);
      found.contents.set(file, content);
      const text = content.toString('utf8');
      found.located.push(...(kind === 'patch' ? examinePatch(file, text) : yamlProblems(file, readYaml(text))));
    } catch {
      found.problems.push({
        severity: 'error',
        path: at,
        what: `the ${kind} ${displayPath(file)} does not exist or cannot be read`,
        remedy: 'correct the path (it starts at the folder of this file) or remove it',
      });
    }
  }
  return found;
}

function namedFiles(
  cluster: Salvaged<ClusterFile>,
): { named: string; kind: 'patch' | 'manifest' | 'talosconfig'; at: ValuePath }[] {
  const list = (kind: 'patch' | 'manifest', names: readonly (string | undefined)[] | undefined, at: ValuePath) =>
    (names ?? []).flatMap((named, index) => (named === undefined ? [] : [{ named, kind, at: [...at, index] }]));
  return [
    ...(['all', 'controlplane', 'worker'] as const).flatMap((role) =>
      list('patch', cluster.patches?.[role], ['patches', role]),
    ),
    ...(cluster.nodes ?? []).flatMap((node, index) => list('patch', node?.patches, ['nodes', index, 'patches'])),
    ...list('manifest', cluster.afterBootstrap?.manifests, ['afterBootstrap', 'manifests']),
    ...(cluster.talosconfig === undefined
      ? []
      : [{ named: cluster.talosconfig, kind: 'talosconfig' as const, at: ['talosconfig'] }]),
  ];
}

function emptyFile(file: string): LocatedProblem {
  const remedy = 'describe the cluster; examples/raspberry-pi/cluster.yaml is one to begin with';
  return { severity: 'error', file: displayPath(file), line: 1, column: 1, what: 'the file is empty', remedy };
}

function secondDocument(file: string): LocatedProblem {
  const remedy = 'write one cluster in one document, without `---` between its parts';
  return {
    severity: 'error',
    file: displayPath(file),
    line: 1,
    column: 1,
    what: 'a second document begins here',
    remedy,
  };
}

function invalid(file: string, problems: readonly LocatedProblem[]): Failure {
  const shown = displayPath(file);
  const rank = (problem: LocatedProblem): number => (problem.file === shown ? 0 : 1);
  const errors = problems
    .filter((problem) => problem.severity === 'error')
    .toSorted((a, b) => rank(a) - rank(b) || a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
  const verdict = `${shown} has ${errors.length === 1 ? 'a mistake' : `${errors.length} mistakes`}; nothing was done.`;
  return new Failure('ClusterFileInvalid', [verdict, ...errors.map(describeProblem)].join('\n'), { details: errors });
}

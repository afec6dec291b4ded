import { readFile } from 'node:fs/promises';
import { Failure } from '../run/failure.ts';
import { checkPatchDocument } from './check-patch.ts';
import { displayPath } from './paths.ts';
import { describeProblem } from './problem.ts';
import type { LocatedProblem } from './problem.ts';
import { readYaml } from './yaml-documents.ts';
import type { YamlFile } from './yaml-documents.ts';

/**
 * A document of a machine configuration or of a patch for one: v1alpha1 (`machine:`, `cluster:`) or one with `kind`.
 */
export type ConfigDocument = Readonly<Record<string, unknown>>;

/** Reads the documents of a patch or machine configuration. Fails with `ClusterFileInvalid` where it is no YAML. */
export function readConfigDocuments(file: string, text: string): ConfigDocument[] {
  const yaml = readYaml(text);
  const problems = yamlProblems(file, yaml);
  if (problems.length > 0) {
    throw new Failure('ClusterFileInvalid', problems.map(describeProblem).join('\n'), { details: problems });
  }
  return yaml.documents.map(({ value }) => value).filter(isMapping);
}

/** Reads the documents of a patch file that has been checked before, such as a copy in the run's folder. */
export async function readPatchFile(file: string): Promise<ConfigDocument[]> {
  return readConfigDocuments(file, await readFile(file, 'utf8'));
}

/** All that is wrong with a strategic-merge patch: broken YAML, JSON 6902, things that the tool itself sets. */
export function examinePatch(file: string, text: string): LocatedProblem[] {
  const shown = displayPath(file);
  const yaml = readYaml(text);
  const documents = yaml.documents.filter(({ value }) => value !== null && value !== undefined);
  const problems = [
    ...yamlProblems(file, yaml),
    ...documents.flatMap(({ value, locate }) =>
      checkPatchDocument(value).map(({ path, at, ...problem }) => ({ file: shown, ...locate(path, at), ...problem })),
    ),
  ];
  if (documents.length > 0 || problems.length > 0) return problems;
  const remedy = 'fill it in, or remove it from the list';
  return [{ severity: 'error', file: shown, line: 1, column: 1, what: 'the patch is empty', remedy }];
}

/** The mistakes in a file's YAML itself. */
export function yamlProblems(file: string, yaml: YamlFile): LocatedProblem[] {
  return yaml.problems.map((problem) => ({ severity: 'error', file: displayPath(file), ...problem }));
}

function isMapping(value: unknown): value is ConfigDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { accessSync, constants } from 'node:fs';
import type { Report, Tool } from '../../src/tools/tool.ts';

/**
 * The program that the tests' runner has found and named in the environment. A file of tests that is started without
 * the runner looks for it in the same places. Nothing else in the tests knows where a program may be: what only one
 * computer has would be found there, and nowhere else.
 */
export async function handedOver(variable: string, find: (report: Report) => Promise<Tool>): Promise<string> {
  const path = process.env[variable];
  if (!path) return (await find((line) => process.stderr.write(`${line}\n`))).path;
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new Error(`${variable} names no program that can be started: ${(error as Error).message}`, { cause: error });
  }
  return path;
}

import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** True for a file that may be executed. */
export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Every program of this name on PATH, in PATH's order, each file once. */
export async function programsOnPath(name: string, env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const found = new Map<string, string>();
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (isAbsolute(folder) && (await isProgram(path))) {
      const file = await realpath(path);
      if (!found.has(file)) found.set(file, path);
    }
  }
  return [...found.values()];
}

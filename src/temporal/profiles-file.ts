import { readFileSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import path from 'node:path';

/** Where the Temporal CLI and its libraries look for profiles, whether or not there is such a file. */
export function profilesFile(env: NodeJS.ProcessEnv): string {
  return env['TEMPORAL_CONFIG_FILE'] ?? path.join(configFolder(env), 'temporalio', 'temporal.toml');
}

/**
 * The text of a file of profiles, as `loadClientConnectConfig` can take it; without a file, one without profiles.
 * Throws the file system's error when there is a file that cannot be read.
 */
export function readProfiles(file: string): string {
  const text = readIfThere(file);
  const lines = text.split('\n').map((line) => line.trim());
  // 1.24 of @temporalio/envconfig takes a file that names no profile, such as an empty one, for
  // one with a table of them.
  return lines.some((line) => !line.startsWith('#') && /\bprofile\b/.test(line)) ? text : `${text}\n[profile]\n`;
}

/** What is wrong with a file of profiles, with the place in it and without its content, in which there may be a key. */
export function describeProfilesError(error: unknown): string {
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  const { line, column } = error as { readonly line?: number; readonly column?: number };
  return line === undefined ? reason : `line ${line}, column ${column}: ${reason}`;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function configFolder(env: NodeJS.ProcessEnv): string {
  const home = env['HOME'] || homedir();
  if (platform() === 'win32') return env['APPDATA'] || path.join(home, 'AppData', 'Roaming');
  if (platform() === 'darwin') return path.join(home, 'Library', 'Application Support');
  const named = env['XDG_CONFIG_HOME'];
  return named && path.isAbsolute(named) ? named : path.join(home, '.config');
}

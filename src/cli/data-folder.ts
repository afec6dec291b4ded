import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where the embedded server's database and what this program remembers live, after the XDG base directory rules. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_DATA_HOME'];
  return join(base && isAbsolute(base) ? base : join(homedir(), '.local', 'share'), 'talos-rebuild');
}

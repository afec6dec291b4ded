import { Failure } from '../run/failure.ts';
import { type Access, type CallOptions, nameOf } from './access.ts';
import { isNotFound } from './errors.ts';
import { callMachine } from './talosctl.ts';

/**
 * One of a machine's resources: a fact that Talos keeps about itself. Field names are those of `talosctl get -o json`.
 */
export interface Resource {
  readonly id: string;
  /** Mostly an object; some types hold a text. */
  readonly spec: unknown;
}

/**
 * Reads all resources of a type, or the one with this id, by any of the type's names. What does not exist gives
 * an empty list. One process.
 */
export async function getResources(
  access: Access,
  type: string,
  id?: string,
  options: CallOptions = {},
): Promise<Resource[]> {
  try {
    const args = ['get', type, ...(id === undefined ? [] : [id]), '-o', 'json'];
    const { stdout } = await callMachine(access, args, { timeoutMs: 8000, ...options });
    return parseResources(stdout);
  } catch (error) {
    if (isNotFound(error)) return [];
    if (error instanceof SyntaxError) {
      throw new Failure('CommandFailed', `${nameOf(access)}: talosctl get ${type} wrote something that is not JSON.`);
    }
    throw error;
  }
}

/**
 * `-o json` writes objects one after the other, indented, not an array. A line with only `}` ends one: JSON
 * texts hold no raw line ends.
 */
export function parseResources(stream: string): Resource[] {
  return stream
    .split(/(?<=^\})\r?\n/m)
    .filter((text) => text.trim() !== '')
    .map((text) => {
      const parsed = JSON.parse(text) as { metadata?: { id?: string }; spec?: unknown };
      return { id: parsed.metadata?.id ?? '', spec: parsed.spec };
    });
}

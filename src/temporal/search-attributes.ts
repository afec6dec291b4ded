import type { ConnectionLike } from '@temporalio/client';
import { type SearchAttributeName, searchAttributeTypes } from '../run/search-attributes.ts';

/** Types of search attributes as the API numbers them (`temporal.api.enums.v1.IndexedValueType`). */
const wireTypes: Record<(typeof searchAttributeTypes)[SearchAttributeName], number> = { KEYWORD: 2, BOOL: 5 };

/** The server lacks search attributes, or has one with another type. The message is for people. */
export class SearchAttributesMissing extends Error {
  override readonly name = 'SearchAttributesMissing';
}

/**
 * The search attributes that a namespace still lacks. An undefined one blocks a workflow for ever, so `start` and the
 * worker ask before they begin. Rejects with `SearchAttributesMissing` when one is there with another type: that
 * cannot be mended by adding.
 */
export async function missingSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<SearchAttributeName[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const names = Object.keys(searchAttributeTypes) as SearchAttributeName[];
  return names.filter((name) => {
    const seen: number | undefined = customAttributes?.[name];
    if (seen === undefined) return true;
    if (seen === wireType(name)) return false;
    throw new SearchAttributesMissing(
      `Namespace ${namespace} has a search attribute ${name} that is not a ${searchAttributeTypes[name]}. ` +
        `Remove it with \`temporal operator search-attribute remove --name ${name} -n ${namespace}\`, if nothing else uses it, or take another namespace.`,
    );
  });
}

/**
 * Makes those that are missing, through the API: on an existing database the server's own
 * `--search-attribute` does nothing.
 */
export async function ensureSearchAttributes(connection: ConnectionLike, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, wireType(name)]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

/** For a server that is not ours to change: rejects with the commands that make what is missing. */
export async function assertSearchAttributes(connection: ConnectionLike, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  const commands = missing.map(
    (name) => `  temporal operator search-attribute create -n ${namespace} --name ${name} --type ${cliType(name)}`,
  );
  throw new SearchAttributesMissing(
    [
      `Namespace ${namespace} lacks search attributes, and a run would wait for them for ever. Make them with:`,
      ...commands,
    ].join('\n'),
  );
}

function wireType(name: SearchAttributeName): number {
  return wireTypes[searchAttributeTypes[name]];
}

/** As the Temporal CLI spells a type: `Keyword`, `Bool`. */
function cliType(name: SearchAttributeName): string {
  const type = searchAttributeTypes[name];
  return type.charAt(0) + type.slice(1).toLowerCase();
}

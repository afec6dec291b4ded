import { parse } from 'yaml';
import type { User } from './authentication.ts';
import type { AnswerForm } from './negotiation.ts';
import { isFields, type Fields } from './objects.ts';
import { badRequest, unsupportedMediaType } from './status.ts';

/** One request to the API server, its body read. */
export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  accept: string | undefined;
  contentType: string;
  /** The client's name for itself, up to the first slash: the field manager if it names none. */
  agent: string;
  body: string;
  user: User;
}

/** A line of a watch and how to hear of them; returns how to stop. */
export type Stream = (line: (event: Fields) => void, end: () => void) => () => void;

export type ApiAnswer =
  | { code: number; form: AnswerForm; value: unknown }
  | { code: number; text: string; contentType: string }
  | { code: 200; form: AnswerForm; stream: Stream };

/**
 * The object in a request's body. Throws 415 for media types that are not understood and 400 for what cannot be read.
 */
export function objectIn({ body, contentType }: ApiRequest): Fields {
  if (contentType !== '' && contentType !== 'application/json' && contentType !== 'application/yaml') {
    throw unsupportedMediaType(['application/json', 'application/yaml']);
  }
  const value = parsed(body, contentType === 'application/yaml');
  if (!isFields(value)) throw badRequest('the object provided is unrecognized: it is no object');
  return value;
}

/** JSON, or YAML where that is expected. */
export function parsed(body: string, isYaml: boolean): unknown {
  try {
    return isYaml ? parse(body) : JSON.parse(body);
  } catch {
    throw badRequest(`the object provided is unrecognized: it is no ${isYaml ? 'YAML' : 'JSON'}`);
  }
}

export function isDryRun({ query }: ApiRequest): boolean {
  return query.getAll('dryRun').includes('All');
}

export function managerOf({ query, agent }: ApiRequest): string {
  return query.get('fieldManager') ?? agent;
}

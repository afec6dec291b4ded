import type { Fields } from './objects.ts';

/** A refusal of the API server: thrown anywhere in the handling of a request, sent as a `Status` object. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Fields | undefined;

  constructor(code: number, reason: string, message: string, details?: Fields) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Fields {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** What a refusal about one object names. */
export interface Subject {
  group: string;
  resource: string;
  name: string;
}

/** `nodes "a"`, or `deployments.apps "a"` outside the core group: how Kubernetes names an object in a message. */
function inWords({ group, resource, name }: Subject): string {
  return `${group === '' ? resource : `${resource}.${group}`} "${name}"`;
}

function detailsOf({ group, resource, name }: Subject): Fields {
  return { name, ...(group === '' ? {} : { group }), kind: resource };
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(user: string, verb: string, subject: Subject, namespace: string): StatusError {
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = subject.name === '' ? subject.resource : inWords(subject);
  const reason = `User "${user}" cannot ${verb} resource "${subject.resource}" in API group "${subject.group}" ${scope}`;
  return new StatusError(403, 'Forbidden', `${what} is forbidden: ${reason}`, detailsOf(subject));
}

export function notFound(subject: Subject): StatusError {
  return new StatusError(404, 'NotFound', `${inWords(subject)} not found`, detailsOf(subject));
}

export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function alreadyExists(subject: Subject): StatusError {
  return new StatusError(409, 'AlreadyExists', `${inWords(subject)} already exists`, detailsOf(subject));
}

export function modifiedMeanwhile(subject: Subject): StatusError {
  const message = `Operation cannot be fulfilled on ${inWords(subject)}: the object has been modified; please apply your changes to the latest version and try again`;
  return new StatusError(409, 'Conflict', message, detailsOf(subject));
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function invalid(subject: Subject & { kind: string }, field: string, problem: string): StatusError {
  const kind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  const message = `${kind} "${subject.name}" is invalid: ${field}: ${problem}`;
  const causes = [{ reason: 'FieldValueInvalid', message: problem, field }];
  return new StatusError(422, 'Invalid', message, { ...detailsOf(subject), kind: subject.kind, causes });
}

export function tooLarge(): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728');
}

export function unsupportedMediaType(supported: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', message, {});
}

export function notAcceptable(): StatusError {
  const message = 'only the following media types are accepted: application/json, application/yaml';
  return new StatusError(406, 'NotAcceptable', message, {});
}

export function versionGone(asked: string, oldest: number): StatusError {
  return new StatusError(410, 'Expired', `too old resource version: ${asked} (${oldest})`);
}

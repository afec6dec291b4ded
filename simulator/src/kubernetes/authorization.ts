import { isAdmin } from './authentication.ts';
import type { ObjectPath } from './paths.ts';
import type { ApiRequest } from './requests.ts';
import { forbidden } from './status.ts';

const verbs: { [method: string]: string } = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** Throws 403 for anybody but cluster administrators: no other roles are simulated. */
export function forbid({ kind, namespace, name }: ObjectPath, { user, method }: ApiRequest): void {
  if (isAdmin(user)) return;
  const verb = verbs[method] ?? (name === '' ? 'list' : 'get');
  throw forbidden(user.name, verb, { group: kind.group, resource: kind.resource, name }, namespace);
}

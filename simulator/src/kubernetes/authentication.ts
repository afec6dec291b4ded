import type { TLSSocket } from 'node:tls';

export interface User {
  name: string;
  groups: string[];
}

/**
 * The user who makes a request: the common name and organizations of a client certificate that the cluster's CA
 * signed, or undefined. Talos runs its API server with `anonymous-auth=false`, so without such a certificate
 * every request is refused.
 */
export function userOf(socket: TLSSocket): User | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  return { name: asList(subject.CN).at(-1) ?? '', groups: asList(subject.O) };
}

export function isAdmin(user: User): boolean {
  return user.groups.includes('system:masters');
}

function asList(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

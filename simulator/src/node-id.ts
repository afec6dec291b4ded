import { createHash, randomUUID } from 'node:crypto';

/** A fresh identity of a node, as Talos draws it when it makes the STATE partition. */
export function newNodeId(): string {
  return createHash('sha256').update(randomUUID()).digest('base64url');
}

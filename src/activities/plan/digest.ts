import { createHash } from 'node:crypto';
import { canonical } from '../../run/canonical.ts';

/** `sha256:<hex>` over a value in canonical form: keys sorted, no white space, absent keys left out. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonical(value)).digest('hex')}`;
}

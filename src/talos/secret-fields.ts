import { holdsSecret } from './redact.ts';

/** What a machine configuration keeps secret, by the last key of its path, in lower case. Talos 1.8 to 1.14. */
const secretKeys = new Set([
  'key',
  'token',
  'secret',
  'bootstraptoken',
  'aescbcencryptionsecret',
  'secretboxencryptionsecret',
  'passphrase',
  'password',
  'auth',
  'identitytoken',
  'privatekey',
  'presharedkey',
  'sharedsecret',
  // Join links carry their token in the query.
  'apiurl',
]);

/**
 * Subtrees in which users put anything, keys of other systems included: files, manifests,
 * environments, services' settings.
 */
const secretSubtrees = new Set([
  'files',
  'inlinemanifests',
  'env',
  'environment',
  'variables',
  'configfiles',
  'auth',
  'encryption',
  'systemdiskencryption',
  'extramanifestheaders',
  'identity',
]);

/** Keys under a secret subtree that say nothing but what it is about. */
const openKeys = new Set(['name', 'path', 'op', 'permissions', 'mountpath', 'provider', 'slot', 'kind', 'cipher']);

/**
 * Whether the value at this path of a machine configuration may not be shown. By where it is, and by what it looks like
 * wherever it is: a patch can put a key into a field that nobody thought of.
 */
export function isSecret(path: readonly string[], value: unknown): boolean {
  const keys = path.map((key) => key.toLowerCase());
  const last = keys.at(-1) ?? '';
  if (secretKeys.has(last)) return true;
  if (keys.some((key) => secretSubtrees.has(key)) && !openKeys.has(last)) return true;
  return typeof value === 'string' && holdsSecret(value);
}

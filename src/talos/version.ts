import { Failure } from '../run/failure.ts';
import { type Access, type CallOptions, nameOf } from './access.ts';
import { textAt } from './config-documents.ts';
import { getResources } from './resources.ts';

/**
 * The version of Talos on a machine, with a leading v. From a resource, because
 * `version --insecure` is refused before 1.13.
 */
export async function readTalosVersion(access: Access, options: CallOptions = {}): Promise<string> {
  const [version] = await getResources(access, 'version', undefined, options);
  const text = textAt(version?.spec, 'version');
  if (text === undefined) throw new Failure('CommandFailed', `${nameOf(access)}: does not tell its version of Talos.`);
  return text;
}

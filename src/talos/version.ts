import { Failure } from '../run/failure.ts';
import { type Access, type CallOptions, type Talosctl, nameOf } from './access.ts';
import { textAt } from './config-documents.ts';
import { getResources } from './resources.ts';
import { runTalosctl } from './talosctl.ts';

/** The version of `talosctl` itself, with a leading v. Asks no machine. */
export async function readClientVersion(talosctl: Talosctl, options: CallOptions = {}): Promise<string> {
  const { stdout } = await runTalosctl(talosctl, ['version', '--client', '--short'], { timeoutMs: 10_000, ...options });
  const version = /v\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
  if (version === undefined) {
    throw new Failure('ToolMissing', `The program at ${talosctl.binary} does not tell its version: it is no talosctl.`);
  }
  return version;
}

/** The version of Talos on a machine, with a leading v. From a resource, because `version --insecure` is refused before 1.13. */
export async function readTalosVersion(access: Access, options: CallOptions = {}): Promise<string> {
  const [version] = await getResources(access, 'version', undefined, options);
  const text = textAt(version?.spec, 'version');
  if (text === undefined) throw new Failure('CommandFailed', `${nameOf(access)}: does not tell its version of Talos.`);
  return text;
}

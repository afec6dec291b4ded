import { downloadVerified } from './download.ts';
import { type Source, findTool } from './find-tool.ts';
import { type Obtainable, obtainableTalosctl, releaseFor } from './obtainable.ts';
import { fromPinnedModule, pinnedModule } from './pinned-build.ts';
import { goArch, goOs, releaseHost, releaseUrl } from './platform.ts';
import { runBriefly } from './run-briefly.ts';
import type { Report, Tool } from './tool.ts';

/**
 * Finds a `talosctl` of one minor version of Talos (`minor: '1.13'`), or with `install` gets one. One of
 * another minor would write configurations that the machines may not understand, so it is passed over and
 * named. Rejects with `ToolMissing`.
 */
export async function findTalosctl(options: {
  readonly minor: string;
  readonly setting?: string | undefined;
  readonly install: boolean;
  readonly report: Report;
  /** What can be got, if it is not what this package knows of. */
  readonly obtainable?: Readonly<Record<string, Obtainable>>;
}): Promise<Tool> {
  const { minor, setting, install, report, obtainable = obtainableTalosctl } = options;
  const known = obtainable[minor];
  const release = known && releaseFor(known);
  const sources: Source[] = [];
  if (release !== undefined) sources.push(fromRelease(release.version, release.sum));
  if (known?.built !== undefined) sources.push(fromSource(known.built));
  return findTool(
    {
      name: 'talosctl',
      variable: 'TALOS_REBUILD_TALOSCTL',
      setting,
      lockName: `talosctl-${minor}`,
      judge: async (path) => {
        const version = await talosctlVersion(path);
        if (version === undefined) return { unfit: 'does not tell its version' };
        return version.startsWith(`${minor}.`) ? { version } : { unfit: `is version ${version}, wanted is ${minor}` };
      },
      sources,
      remedy:
        `Install talosctl ${known?.newest ?? minor} (${releaseHost()}/siderolabs/talos/releases) on PATH, ` +
        'or name it with TALOS_REBUILD_TALOSCTL' +
        (known?.built === undefined ? '.' : '; with Go 1.26 or newer installed it is built from source.'),
    },
    install,
    report,
  );
}

/**
 * The version that a `talosctl` says it is, such as `1.13.0`; no machine is asked. Undefined when it is no talosctl.
 */
export async function talosctlVersion(path: string): Promise<string | undefined> {
  const output = await runBriefly(path, ['version', '--client', '--short']);
  return output?.match(/\bv(\d+\.\d+\.\d+\S*)/)?.[1];
}

function fromRelease(version: string, sum: string): Source {
  return {
    source: 'release',
    version,
    title: `downloading the official release v${version} from ${releaseHost()}`,
    make: async (target, _workFolder, report) => {
      const url = releaseUrl(`siderolabs/talos/releases/download/v${version}/talosctl-${goOs}-${goArch}`);
      await downloadVerified(url, sum, target, report);
    },
  };
}

function fromSource(version: string): Source {
  return fromPinnedModule({
    version,
    pkg: 'github.com/siderolabs/talos/cmd/talosctl',
    module: pinnedModule('talosctl', version),
    flags: ['-tags', 'grpcnotrace', '-ldflags=-s -w'],
    estimate: { minutes: 5, modules: 260, packages: 1950 },
  });
}

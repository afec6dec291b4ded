import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadVerified } from './download.ts';
import { type Source, findTool } from './find-tool.ts';
import { goVersion, runGo } from './go-build.ts';
import { goArch, goOs, releaseHost } from './platform.ts';
import { runBriefly } from './run-briefly.ts';
import type { Report, Tool } from './tool.ts';

/** The patch release to download, by minor version. For any other minor it is `.0`, which every minor has. */
const releases: Readonly<Record<string, string>> = { '1.13': '1.13.9', '1.14': '1.14.1' };

/** The newest version of a minor that can be built from what the Go module proxy has (tried: 1.13.8, 1.13.9, 1.14.1 cannot). */
const buildable: Readonly<Record<string, string>> = { '1.13': '1.13.0' };

/**
 * The module in which talosctl is built. `go install …@version` refuses a module with replace directives, so it is a
 * dependency of ours; of its replacements only these three matter to the client, the others serve the machine's side.
 */
function goMod(version: string): string {
  return `module talos-rebuild.local/talosctl

go 1.26.1

tool github.com/siderolabs/talos/cmd/talosctl

require (
	github.com/siderolabs/talos v${version}
	github.com/siderolabs/talos/pkg/machinery v${version}
)

replace (
	github.com/coredns/coredns => github.com/siderolabs/coredns v1.14.53
	github.com/mdlayher/ethtool => github.com/siderolabs/ethtool v0.4.0-sidero
	github.com/mdlayher/kobject => github.com/smira/kobject v0.0.0-20240304111826-49c8d4613389
)
`;
}

/**
 * Finds a `talosctl` of one minor version of Talos (`minor: '1.13'`), or with `install` gets one. One of another minor
 * would write configurations that the machines may not understand, so it is passed over and named. Rejects with `ToolMissing`.
 */
export async function findTalosctl(options: {
  readonly minor: string;
  readonly setting?: string | undefined;
  readonly install: boolean;
  readonly report: Report;
}): Promise<Tool> {
  const { minor, setting, install, report } = options;
  const release = releases[minor] ?? `${minor}.0`;
  return findTool(
    {
      name: 'talosctl',
      variable: 'TALOS_REBUILD_TALOSCTL',
      setting,
      cacheName: `talosctl-${minor}`,
      judge: async (path) => {
        const version = await talosctlVersion(path);
        if (version === undefined) return { unfit: 'does not tell its version' };
        return version.startsWith(`${minor}.`) ? { version } : { unfit: `is version ${version}, wanted is ${minor}` };
      },
      sources: [fromRelease(release), ...(buildable[minor] === undefined ? [] : [fromSource(buildable[minor])])],
      remedy:
        `Install talosctl ${minor} (${releaseHost()}/siderolabs/talos/releases/tag/v${release}) on PATH, ` +
        'or name it with TALOS_REBUILD_TALOSCTL' +
        (buildable[minor] === undefined ? '.' : '; with Go 1.26 or newer installed it is built from source.'),
    },
    install,
    report,
  );
}

/** The version that a `talosctl` says it is, such as `1.13.0`; no machine is asked. Undefined when it is no talosctl. */
export async function talosctlVersion(path: string): Promise<string | undefined> {
  const output = await runBriefly(path, ['version', '--client', '--short']);
  return output?.match(/\bv(\d+\.\d+\.\d+\S*)/)?.[1];
}

function fromRelease(version: string): Source {
  const folderUrl = `${releaseHost()}/siderolabs/talos/releases/download/v${version}`;
  return {
    source: 'release',
    title: `downloading the official release v${version} from ${new URL(folderUrl).host}`,
    make: (target, _workFolder, report) =>
      downloadVerified({ folderUrl, name: `talosctl-${goOs}-${goArch}`, sums: 'sha256sum.txt' }, target, report),
  };
}

function fromSource(version: string): Source {
  return {
    source: 'built',
    title: `building v${version} with Go, about 5 minutes the first time`,
    make: async (target, workFolder, report) => {
      if ((await goVersion()) === undefined) throw new Error('Go is not installed');
      await writeFile(join(workFolder, 'go.mod'), goMod(version));
      const pkg = 'github.com/siderolabs/talos/cmd/talosctl';
      await runGo(['build', '-mod=mod', '-v', '-tags', 'grpcnotrace', '-ldflags=-s -w', '-o', target, pkg], {
        cwd: workFolder,
        env: {},
        estimate: { minutes: 5, modules: 260, packages: 1950 },
        report,
      });
    },
  };
}

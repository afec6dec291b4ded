import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { downloadVerified } from './download.ts';
import { type Source, findTool } from './find-tool.ts';
import { goVersion, runGo } from './go-build.ts';
import { goArch, goOs, releaseHost } from './platform.ts';
import { runBriefly } from './run-briefly.ts';
import type { Report, Tool } from './tool.ts';

/**
 * The Temporal CLI that is downloaded or built: server 1.29.1 with Web UI 2.42.1. It is the newest that the Go module
 * proxy can build, and a database file belongs to one server version, so both ways give the same one.
 */
const cliVersion = '1.5.1';

/** What the embedded server is started with; a CLI whose `start-dev` lacks one of them will not do. */
const flagsWeUse = [
  '--ip',
  '--port',
  '--ui-port',
  '--db-filename',
  '--dynamic-config-value',
  '--search-attribute',
  '--log-level',
];

/** Finds a Temporal CLI with its development server, or with `install` gets one. Rejects with `ToolMissing`. */
export async function findTemporal(options: {
  readonly setting?: string | undefined;
  readonly install: boolean;
  readonly report: Report;
}): Promise<Tool> {
  return findTool(
    {
      name: 'temporal',
      variable: 'TALOS_REBUILD_TEMPORAL',
      setting: options.setting,
      cacheName: `temporal-${cliVersion}`,
      judge,
      sources: [fromRelease(), fromSource()],
      remedy:
        `Install the Temporal CLI (${releaseHost()}/temporalio/cli/releases/tag/v${cliVersion}) on PATH, ` +
        'or name it with TALOS_REBUILD_TEMPORAL; with Go 1.25 or newer installed it is built from source.',
    },
    options.install,
    options.report,
  );
}

/** What `temporal --version` says: the CLI's version and, since 1.0, the version of the server in it. Undefined when it is no Temporal CLI. */
export async function temporalVersions(path: string): Promise<{ cli: string; server: string } | undefined> {
  const match = (await runBriefly(path, ['--version']))?.match(/^temporal version (\S+) \(Server ([^,\s]+)/m);
  return match?.[1] !== undefined && match[2] !== undefined ? { cli: match[1], server: match[2] } : undefined;
}

async function judge(path: string): Promise<{ version: string } | { unfit: string }> {
  const versions = await temporalVersions(path);
  if (versions === undefined) return { unfit: 'does not tell its version as a Temporal CLI of 1.0 or newer does' };
  const help = (await runBriefly(path, ['server', 'start-dev', '--help'])) ?? '';
  const lacking = flagsWeUse.filter((flag) => !new RegExp(`(^|\\s)${flag}\\b`).test(help));
  if (lacking.length > 0)
    return { unfit: `(version ${versions.cli}) knows no ${lacking.join(', ')} for \`server start-dev\`` };
  return { version: versions.cli };
}

function fromRelease(): Source {
  const folderUrl = `${releaseHost()}/temporalio/cli/releases/download/v${cliVersion}`;
  return {
    source: 'release',
    title: `downloading the official release v${cliVersion} from ${new URL(folderUrl).host}`,
    make: async (target, workFolder, report) => {
      const name = `temporal_cli_${cliVersion}_${goOs}_${goArch}.tar.gz`;
      const archive = join(workFolder, name);
      await downloadVerified({ folderUrl, name, sums: 'checksums.txt' }, archive, report);
      await promisify(execFile)('tar', ['-xzf', archive, '-C', workFolder, 'temporal'], { timeout: 60_000 });
      await copyFile(join(workFolder, 'temporal'), target); // the work folder may be on another disk
    },
  };
}

function fromSource(): Source {
  return {
    source: 'built',
    title: `building v${cliVersion} with Go, about 4 minutes the first time`,
    make: async (target, workFolder, report) => {
      if ((await goVersion()) === undefined) throw new Error('Go is not installed');
      const pkg = 'github.com/temporalio/cli';
      const ldflags = `-ldflags=-s -w -X ${pkg}/temporalcli.Version=${cliVersion}`;
      await runGo(['install', '-v', ldflags, `${pkg}/cmd/temporal@v${cliVersion}`], {
        cwd: workFolder,
        env: { GOBIN: workFolder },
        estimate: { minutes: 4, modules: 140, packages: 1300 },
        report,
      });
      await copyFile(join(workFolder, 'temporal'), target); // the work folder may be on another disk
    },
  };
}

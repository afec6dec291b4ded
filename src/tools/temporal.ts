import { execFile } from 'node:child_process';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder.ts';
import { downloadVerified } from './download.ts';
import { type Source, findTool } from './find-tool.ts';
import { type Obtainable, obtainableTemporal, releaseFor } from './obtainable.ts';
import { programsOnPath } from './path-search.ts';
import { fromPinnedModule, pinnedModule } from './pinned-build.ts';
import { goArch, goOs, releaseHost, releaseUrl } from './platform.ts';
import { ask, runBriefly } from './run-briefly.ts';
import { startDevArguments } from './start-dev.ts';
import type { Report, Tool } from './tool.ts';

/** Finds a Temporal CLI with its development server, or with `install` gets one. Rejects with `ToolMissing`. */
export async function findTemporal(options: {
  readonly setting?: string | undefined;
  readonly install: boolean;
  readonly report: Report;
  /** What can be got, if it is not what this package knows of. */
  readonly obtainable?: Obtainable;
}): Promise<Tool> {
  const { setting, install, report, obtainable = obtainableTemporal } = options;
  const release = releaseFor(obtainable);
  const sources: Source[] = [];
  if (release !== undefined) sources.push(fromRelease(release.version, release.sum));
  if (obtainable.built !== undefined) sources.push(fromSource(obtainable.built));
  return findTool(
    {
      name: 'temporal',
      variable: 'TALOS_REBUILD_TEMPORAL',
      setting,
      lockName: 'temporal',
      judge: judgeTemporal,
      sources,
      remedy:
        `Install the Temporal CLI ${obtainable.newest} (${releaseHost()}/temporalio/cli/releases) on PATH, ` +
        'or name it with TALOS_REBUILD_TEMPORAL; with Go 1.25 or newer installed one is built from source.',
    },
    install,
    report,
  );
}

/**
 * A Temporal CLI on PATH or in the cache whose server is of this major and minor version, such as `1.29`;
 * nothing is downloaded or built.
 */
export async function findTemporalOfServer(minor: string): Promise<string | undefined> {
  const cached = (await readdir(cacheFolder()).catch(() => [])).filter((name) => /^temporal-\d+(\.\d+)*$/.test(name));
  const paths = [...(await programsOnPath('temporal')), ...cached.toSorted().map((name) => join(cacheFolder(), name))];
  for (const path of paths) {
    const server = (await temporalVersions(path))?.server;
    if (server?.startsWith(`${minor}.`) && 'version' in (await judgeTemporal(path))) return path;
  }
  return undefined;
}

/**
 * What `temporal --version` says: the CLI's version and, since 1.0, the version of the server in it. Undefined
 * when it is no Temporal CLI.
 */
export async function temporalVersions(path: string): Promise<{ cli: string; server: string } | undefined> {
  const match = (await runBriefly(path, ['--version']))?.match(/^temporal version (\S+) \(Server ([^,\s]+)/m);
  return match?.[1] !== undefined && match[2] !== undefined ? { cli: match[1], server: match[2] } : undefined;
}

/**
 * Asks the CLI itself whether it takes what the server is started with: it reads its arguments before it comes to
 * the `--help` at their end, and starts nothing. Where its help lists a flag says nothing: since 1.9 the global
 * ones are on another page.
 */
export async function judgeTemporal(path: string): Promise<{ version: string } | { unfit: string }> {
  const versions = await temporalVersions(path);
  if (versions === undefined) return { unfit: 'does not tell its version as a Temporal CLI of 1.0 or newer does' };
  const { succeeded, stderr } = await ask(path, [...startDevArguments(sample), '--help']);
  if (succeeded) return { version: versions.cli };
  const unknown = /unknown flag: (\S+)/.exec(stderr)?.[1];
  const refusal = unknown === undefined ? 'refuses the arguments' : `knows no ${unknown}`;
  return { unfit: `(version ${versions.cli}) ${refusal} for \`server start-dev\`` };
}

const sample = {
  host: '127.0.0.1',
  port: 7233,
  uiPort: 8233,
  databaseFile: 'temporal.db',
  dynamicConfiguration: ['system.enableActivityEagerExecution=true'],
};

function fromRelease(version: string, sum: string): Source {
  return {
    source: 'release',
    version,
    title: `downloading the official release v${version} from ${releaseHost()}`,
    make: async (target, workFolder, report) => {
      const name = `temporal_cli_${version}_${goOs}_${goArch}.tar.gz`;
      const archive = join(workFolder, name);
      await downloadVerified(releaseUrl(`temporalio/cli/releases/download/v${version}/${name}`), sum, archive, report);
      await promisify(execFile)('tar', ['-xzf', archive, '-C', workFolder, 'temporal'], { timeout: 60_000 });
      await copyFile(join(workFolder, 'temporal'), target); // the work folder may be on another disk
    },
  };
}

function fromSource(version: string): Source {
  const pkg = 'github.com/temporalio/cli';
  return fromPinnedModule({
    version,
    pkg: `${pkg}/cmd/temporal`,
    module: pinnedModule('temporal', version),
    flags: [`-ldflags=-s -w -X ${pkg}/temporalcli.Version=${version}`],
    estimate: { minutes: 4, modules: 140, packages: 1300 },
  });
}

import { fileURLToPath } from 'node:url';
import type { Source } from './find-tool.ts';
import { type BuildEstimate, goVersion, runGo } from './go-build.ts';

/** A program to build, and the module in which that is done. */
export interface PinnedBuild {
  readonly version: string;
  /** The package of its `main`. */
  readonly pkg: string;
  /**
   * A folder with go.mod and go.sum, which name every module that goes in, with its sum: Go takes no
   * other, and changes neither.
   */
  readonly module: URL;
  readonly flags: readonly string[];
  readonly estimate: BuildEstimate;
}

/** The way to a program that Go builds from exactly those sources that are pinned. */
export function fromPinnedModule({ version, pkg, module, flags, estimate }: PinnedBuild): Source {
  return {
    source: 'built',
    version,
    title: `building v${version} with Go, about ${estimate.minutes} minutes the first time`,
    make: async (target, _workFolder, report) => {
      if ((await goVersion()) === undefined) throw new Error('Go is not installed');
      const args = ['build', '-mod=readonly', '-buildvcs=false', '-v', ...flags, '-o', target, pkg];
      await runGo(args, { cwd: fileURLToPath(module), env: {}, estimate, report });
    },
  };
}

/** Where the module of a program and version is, in the sources and in the package. */
export function pinnedModule(program: string, version: string): URL {
  return new URL(`./modules/${program}-${version}/`, import.meta.url);
}

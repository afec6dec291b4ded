import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, ensureCacheFolder } from './cache-folder.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { isProgram, programsOnPath } from './path-search.ts';
import { type Report, type Tool, ToolMissing } from './tool.ts';

/**
 * One way to make a program that is not there. It leaves the program at `target`, or rejects with a reason of one line.
 */
export interface Source {
  readonly source: 'release' | 'built';
  /** What it makes; part of the name in the cache, which holds several versions side by side. */
  readonly version: string;
  /** Said before it begins: `downloading the official release v1.13.8 from github.com`. */
  readonly title: string;
  readonly make: (target: string, workFolder: string, report: Report) => Promise<void>;
}

/** What is looked for, and how a found program is judged. */
export interface Wanted {
  readonly name: string;
  /** The environment variable that names the program; it may also be given as `setting`. */
  readonly variable: string;
  readonly setting?: string | undefined;
  /** What only one process at a time makes: `talosctl-1.13`. */
  readonly lockName: string;
  /** Gives the version of a program that will do, or says in a few words why it will not: `is version 1.12.4`. */
  readonly judge: (path: string) => Promise<{ readonly version: string } | { readonly unfit: string }>;
  /** The better one first, which goes for what they have left in the cache, too. */
  readonly sources: readonly Source[];
  /** What a person has to do when nothing was found. */
  readonly remedy: string;
}

/**
 * Finds a program: setting, PATH, own cache; with `install` also its official release and a build from source, both of
 * which go to the cache. A setting that is there but will not do is an error and is never passed over in silence.
 * Rejects with `ToolMissing`.
 */
export async function findTool(wanted: Wanted, install: boolean, report: Report): Promise<Tool> {
  const setting = wanted.setting ?? (process.env[wanted.variable] || undefined);
  if (setting !== undefined) return fromSetting(wanted, setting);

  const tried: string[] = [];
  for (const path of await programsOnPath(wanted.name)) {
    const verdict = await wanted.judge(path);
    if ('version' in verdict) return { path, version: verdict.version, source: 'path' };
    tried.push(`${path} ${verdict.unfit}`);
  }
  if (tried.length === 0) tried.push(`no ${wanted.name} is on PATH`);

  const fromCache = await judgeCached(wanted);
  if (fromCache !== undefined) return fromCache;
  tried.push(`none that fits is in ${cacheFolder()}`);

  if (!install) throw missing(wanted, tried);
  const folder = await ensureCacheFolder();
  const announce: Report = (line) => report(`${wanted.name}: ${line}`);
  return oneAtATime(join(folder, `.${wanted.lockName}.lock`), announce, async () => {
    // Another process may have put it there while this one waited for the lock.
    return (await judgeCached(wanted)) ?? make(wanted, tried, announce);
  });
}

async function fromSetting(wanted: Wanted, setting: string): Promise<Tool> {
  const verdict = (await isProgram(setting))
    ? await wanted.judge(setting)
    : { unfit: 'is not a program that can be run' };
  if ('version' in verdict) return { path: setting, version: verdict.version, source: 'setting' };
  throw new ToolMissing(
    `${wanted.name}: ${setting} (set by ${wanted.variable} or its option) ${verdict.unfit}. ${wanted.remedy}`,
  );
}

async function judgeCached(wanted: Wanted): Promise<Tool | undefined> {
  for (const source of wanted.sources) {
    const path = cachePath(wanted, source);
    if (!(await isProgram(path))) continue;
    const verdict = await wanted.judge(path);
    if ('version' in verdict) return { path, version: verdict.version, source: 'cache' };
  }
  return undefined;
}

function cachePath({ name }: Wanted, { version }: Source): string {
  return join(cacheFolder(), `${name}-${version}`);
}

async function make(wanted: Wanted, tried: string[], report: Report): Promise<Tool> {
  for (const from of wanted.sources) {
    const { source, title, make: makeAt } = from;
    const cached = cachePath(wanted, from);
    // In the cache's own folder, so that the rename at the end is one step; a half-made program is never found.
    const target = `${cached}.${process.pid}.tmp`;
    const workFolder = await mkdtemp(join(tmpdir(), 'talos-rebuild-'));
    try {
      report(title);
      await makeAt(target, workFolder, report);
      const verdict = await wanted.judge(target);
      if ('unfit' in verdict) throw new Error(`what came out ${verdict.unfit}`);
      await rename(target, cached);
      report(`ready: ${cached}`);
      return { path: cached, version: verdict.version, source };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      report(`${title}: did not work: ${reason}`);
      tried.push(`${title}: ${reason}`);
    } finally {
      await rm(target, { force: true });
      await rm(workFolder, { recursive: true, force: true });
    }
  }
  throw missing(wanted, tried);
}

function missing(wanted: Wanted, tried: readonly string[]): ToolMissing {
  return new ToolMissing(
    [`${wanted.name} is missing. ${wanted.remedy}`, ...tried.map((line) => `- ${line}`)].join('\n'),
  );
}

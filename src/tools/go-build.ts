import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { runBriefly } from './run-briefly.ts';
import type { Report } from './tool.ts';

const progressMs = 10_000;
const limitMs = 45 * 60_000;

/** What a build is known to take on two cores with empty caches: by this its progress is told. */
export interface BuildEstimate {
  readonly minutes: number;
  readonly modules: number;
  readonly packages: number;
}

/** The version of the Go tool chain on PATH, such as `go1.26.8`, or undefined when there is none. */
export async function goVersion(): Promise<string | undefined> {
  return (await runBriefly('go', ['env', 'GOVERSION']))?.trim();
}

/**
 * Runs one `go` command that compiles. The user's own Go settings (GOPROXY, GOTOOLCHAIN, GOFLAGS, caches)
 * stay in force. Progress is reported every 10 seconds. Rejects with the last lines of Go's own output;
 * ends it after 45 minutes.
 */
export async function runGo(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Record<string, string>;
    readonly estimate: BuildEstimate;
    readonly report: Report;
  },
): Promise<void> {
  const { cwd, env, estimate, report } = options;
  const started = Date.now();
  let modules = 0;
  let packages = 0;
  const tail: string[] = [];
  const child = spawn('go', args, {
    cwd,
    env: { ...process.env, GOWORK: 'off', CGO_ENABLED: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const tell = setInterval(
    () => report(progressLine({ modules, packages, seconds: (Date.now() - started) / 1000 }, estimate)),
    progressMs,
  );
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  try {
    const exit = new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`));
    });
    for await (const line of createInterface({ input: child.stderr })) {
      if (line.startsWith('go: downloading ')) modules++;
      else if (/^[\w.~/-]+$/.test(line)) packages++;
      else tail.push(line);
    }
    const failure = await exit;
    if (failure !== undefined) throw new Error([`go ${args[0]} ${failure}`, ...tail.slice(-5)].join('\n  '));
  } finally {
    clearInterval(tell);
    clearTimeout(limit);
    process.removeListener('exit', endWithUs);
  }
}

/** One line that says how far a build is: what was counted, against what is known to come. */
export function progressLine(
  seen: { readonly modules: number; readonly packages: number; readonly seconds: number },
  estimate: BuildEstimate,
): string {
  const passed = `${Math.floor(seen.seconds / 60)}:${String(Math.floor(seen.seconds % 60)).padStart(2, '0')}`;
  const done =
    seen.packages > 0
      ? `${seen.packages} of about ${Math.max(estimate.packages, seen.packages)} packages compiled`
      : `${seen.modules} of about ${Math.max(estimate.modules, seen.modules)} modules downloaded`;
  return `${done}, ${passed} of about ${estimate.minutes}:00 minutes`;
}

import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';

let installed = false;

/**
 * Sets up Temporal's runtime, of which a process has one: warnings and errors of the worker and of its native core go
 * to `log`, by default stderr. It takes no signals for itself: the program that runs a worker decides when it is shut
 * down. Calls after the first change nothing. To be called before any worker connection is made.
 */
export function installRuntime(log: (line: string) => void = (line) => process.stderr.write(`${line}\n`)): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => log(`${level} ${message}${detailsOf(meta)}`)),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
    },
    shutdownSignals: [],
  });
}

function detailsOf(meta: Record<string | symbol, unknown> | undefined): string {
  const error = meta?.['error'];
  const { error: _error, ...rest } = meta ?? {};
  const shown = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
  return error instanceof Error ? `${shown}: ${error.message}` : shown;
}

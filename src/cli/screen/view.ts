import type { Paint } from './paint.ts';

/** What a rendering depends on besides its subject, so that every renderer is a pure function. */
export interface View {
  /** Columns. */
  readonly width: number;
  readonly paint: Paint;
  readonly now: Date;
  readonly invocation: Invocation;
}

/** How the person calls this program and names the cluster, so that lines to paste work as they are. */
export interface Invocation {
  /** `talos-rebuild`, `npm run client --`, with environment settings before it where they are needed. */
  readonly program: string;
  /** `--cluster home/cluster.yaml`, `--name home`, or empty where the default is meant. */
  readonly target: string;
}

/** A line to paste: program, command, the cluster, further arguments. */
export function commandLine(invocation: Invocation, command: string, ...args: string[]): string {
  return [invocation.program, command, ...args, invocation.target].filter(Boolean).join(' ');
}

/** An argument as a POSIX shell takes it. */
export function shellQuote(argument: string): string {
  return /^[\w@%+=:,./~-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

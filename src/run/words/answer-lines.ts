import type { Choice } from '../gates.ts';

/** How the person calls this program and names the cluster, so that lines to paste work as they are. */
export interface Invocation {
  /** `talos-rebuild`, `npm run client --`, with environment settings before it where they are needed. */
  readonly program: string;
  /** `--cluster home/cluster.yaml`, `--name home`, or empty where the default is meant. */
  readonly target: string;
  /** The path of cluster.yaml, for commands that read it, where `target` is a name. */
  readonly file?: string;
}

/** They read cluster.yaml: a name is not enough for them. */
const needsFile: readonly string[] = ['plan', 'start', 'worker', 'dev'];

/** A line that works wherever the program is installed and reaches the Temporal server. */
export function invocationByName(cluster: string): Invocation {
  return { program: 'talos-rebuild', target: `--name ${cluster}` };
}

/** A line to paste: program, command, the cluster, further arguments. */
export function commandLine(invocation: Invocation, command: string, ...args: string[]): string {
  const { program, target, file = 'FILE' } = invocation;
  const cluster = needsFile.includes(command) && target.startsWith('--name ') ? `--cluster ${file}` : target;
  return [program, command, ...args, cluster].filter(Boolean).join(' ');
}

/** The line that approves exactly this plan. */
export function approveLine(digest: string, invocation: Invocation): string {
  return commandLine(invocation, 'approve', '--digest', shortDigest(digest));
}

export function rejectLine(digest: string, invocation: Invocation): string {
  return commandLine(invocation, 'reject', '--digest', shortDigest(digest));
}

/** The line that answers a failure gate. */
export function answerLine(gate: string, choice: Choice, invocation: Invocation): string {
  return commandLine(invocation, 'answer', gate, choice);
}

/** The first 12 hex digits of `sha256:…`: what people compare and type. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

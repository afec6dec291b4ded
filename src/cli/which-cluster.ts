import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Shell } from './shell.ts';
import { type Invocation, shellQuote } from './screen/view.ts';
import { UserError, usageError } from './user-error.ts';

const defaultFile = 'cluster.yaml';

export interface ClusterFileOptions {
  readonly cluster?: string;
}

export interface ClusterOptions extends ClusterFileOptions {
  readonly name?: string;
}

/** `[cluster.yaml]` and `--cluster FILE`, for commands that read the file. */
export function takesClusterFile(command: Command): Command {
  return command.argument('[file]', 'the cluster file (default: ./cluster.yaml)').addOption(clusterOption());
}

/** `[cluster.yaml]`, `--cluster FILE` or `--name CLUSTER`, for commands that only have to find the run. */
export function takesCluster(command: Command): Command {
  return takesClusterFile(command).addOption(nameOption());
}

export function nameOption(): Option {
  return new Option('--name <cluster>', 'the name in the cluster file, where the file is not at hand');
}

export function clusterOption(): Option {
  return new Option('-c, --cluster <file>', 'the cluster file; a folder means its cluster.yaml');
}

/** The absolute path of the cluster file that is meant. Rejects what cannot be one with a line that says what to do. */
export function clusterFileOf(positional: string | undefined, options: ClusterFileOptions): string {
  if (positional !== undefined && options.cluster !== undefined && resolve(positional) !== resolve(options.cluster)) {
    throw usageError(`Two cluster files are named, ${positional} and ${options.cluster}. Name one.`);
  }
  const named = positional ?? options.cluster;
  const path = resolve(named ?? defaultFile);
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, defaultFile) : path;
  if (existsSync(file)) return file;
  throw new UserError(
    named === undefined
      ? `There is no ${defaultFile} here.`
      : `There is no cluster file ${relative('', file) || file}.`,
    { details: ['Name one with --cluster FILE; examples/raspberry-pi/cluster.yaml is one to begin with.'] },
  );
}

/** The name of the cluster that is meant, and how to name it again on a line to paste. */
export async function clusterNameOf(
  positional: string | undefined,
  options: ClusterOptions,
  shell: Shell,
): Promise<{ readonly cluster: string; readonly invocation: Invocation }> {
  if (options.name !== undefined) {
    if ((positional ?? options.cluster) !== undefined) {
      throw usageError('Name the cluster by its file or with --name, not both.');
    }
    return { cluster: options.name, invocation: invocationOf(shell, `--name ${shellQuote(options.name)}`) };
  }
  const file = clusterFileOf(positional, options);
  // A mistake elsewhere in the file must not keep anybody from looking on, or from amending.
  const { readClusterName } = await import('../cluster/cluster-name.ts');
  const name = await readClusterName(file);
  if (name !== undefined) return { cluster: name, invocation: invocationFor(shell, file) };
  const { loadCluster } = await import('../cluster/load-cluster.ts');
  return { cluster: (await loadCluster(file)).definition.name, invocation: invocationFor(shell, file) };
}

/** How this program is called for a cluster file, as short as it can be. */
export function invocationFor(shell: Shell, file: string): Invocation {
  if (file === resolve(defaultFile)) return invocationOf(shell, '');
  const short = relative('', file);
  return invocationOf(shell, `--cluster ${shellQuote(short.startsWith('../../') ? file : short)}`);
}

function invocationOf({ env }: Shell, target: string): Invocation {
  return { program: env['npm_lifecycle_event'] === 'client' ? 'npm run client --' : 'talos-rebuild', target };
}

import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterDefinition, NodeDefinition } from '../run/cluster-definition.ts';
import { Failure } from '../run/failure.ts';
import type { CallOptions, Talosctl } from './access.ts';
import { atMost } from './at-most.ts';
import { type ConfigurationFacts, factsOf } from './config-facts.ts';
import { stderrOf } from './errors.ts';
import { contractOf, ownDocuments } from './own-documents.ts';
import { createPrivate, inPrivateFolder, moveWhole } from './private-file.ts';
import { runTalosctl } from './talosctl.ts';

export interface RenderInput {
  readonly talosctl: Talosctl;
  readonly cluster: Pick<ClusterDefinition, 'name' | 'endpoint' | 'vip' | 'talos' | 'kubernetes' | 'nodes' | 'patches'>;
  readonly secretsFile: string;
  /** The set's folder, which has to exist: configurations go to its `nodes/<name>.yaml`. */
  readonly setFolder: string;
  readonly signal?: AbortSignal | undefined;
}

export interface RenderedConfiguration {
  readonly node: string;
  readonly file: string;
  /** Hex, over the file's bytes. */
  readonly sha256: string;
  readonly facts: ConfigurationFacts;
  /** What `talosctl validate` warns of, a line each. */
  readonly warnings: readonly string[];
}

/** Two processes at once: more would take the processor away from the rest of the worker. */
const renderLimit = 2;

/**
 * Writes one complete configuration for every machine: generated from the secrets for the pinned contract, then the
 * patches for all, for the role and for the node, then our own documents; each validated for metal. Equal inputs give
 * equal bytes. Files are 0600 and appear whole, also after a power cut. Fails with `ConfigurationRefused` naming the
 * node and what talosctl said.
 */
export async function renderConfigurations(input: RenderInput): Promise<RenderedConfiguration[]> {
  const nodesFolder = join(input.setFolder, 'nodes');
  await mkdir(nodesFolder, { recursive: true, mode: 0o700 });
  return inPrivateFolder(input.setFolder, async (work) => {
    const gate = atMost(renderLimit);
    const bases = new Map<string, Promise<string>>();
    // Nodes of one role with the same disk and image start from the same base.
    const baseOf = (node: NodeDefinition): Promise<string> => {
      const key = JSON.stringify([node.role, node.installDisk, node.installImage]);
      const known = bases.get(key) ?? generateBase(input, node, join(work, `base-${bases.size}.yaml`));
      bases.set(key, known);
      return known;
    };
    const renderings = input.cluster.nodes.map((node) =>
      gate(async () => renderNode(input, node, await baseOf(node), work, nodesFolder), input.signal),
    );
    await Promise.allSettled(renderings);
    return Promise.all(renderings);
  });
}

/** The configuration of a role, with the patches that do not depend on the node. Resolves with its path. */
async function generateBase(input: RenderInput, node: NodeDefinition, file: string): Promise<string> {
  const { cluster, talosctl, secretsFile, signal } = input;
  const rolePatch = node.role === 'controlplane' ? '--config-patch-control-plane' : '--config-patch-worker';
  await createPrivate(file);
  const args = ['gen', 'config', '--force', '-t', node.role, '-o', file, '--with-secrets', secretsFile];
  args.push('--talos-version', contractOf(cluster.talos.version));
  args.push('--kubernetes-version', cluster.kubernetes.version.replace(/^v/, ''));
  args.push('--install-disk', node.installDisk, '--install-image', node.installImage);
  args.push('--with-docs=false', '--with-examples=false');
  for (const patch of cluster.patches.all) args.push('--config-patch', `@${patch}`);
  for (const patch of cluster.patches[node.role]) args.push(rolePatch, `@${patch}`);
  args.push('--', cluster.name, cluster.endpoint);
  await refusing(`The configuration for ${node.role}s cannot be generated`, () => run(talosctl, args, signal));
  return file;
}

async function renderNode(
  input: RenderInput,
  node: NodeDefinition,
  base: string,
  work: string,
  nodesFolder: string,
): Promise<RenderedConfiguration> {
  const { cluster, talosctl, signal } = input;
  const patched = node.patches.length === 0 ? base : join(work, `${node.name}.patched.yaml`);
  if (patched !== base) {
    await createPrivate(patched);
    await refusing(`${node.name}: its patches cannot be applied`, () =>
      run(talosctl, patchArguments(base, node.patches, patched), signal),
    );
  }

  const facts = factsOf(await readFile(patched, 'utf8'));
  const ours = join(work, `${node.name}.ours.yaml`);
  const finished = join(work, `${node.name}.yaml`);
  await writeFile(ours, ownDocuments(node, cluster.vip, contractOf(cluster.talos.version), facts), { mode: 0o600 });
  await createPrivate(finished);
  await refusing(`${node.name}: its hostname and the VIP cannot be set over its patches`, () =>
    run(talosctl, patchArguments(patched, [ours], finished), signal),
  );

  const { stderr } = await refusing(`${node.name}: its configuration is not valid`, () =>
    run(talosctl, ['validate', '-m', 'metal', '-c', finished], signal),
  );
  const content = await readFile(finished);
  const finalFacts = factsOf(content.toString('utf8'));
  assertVip(node, input.cluster, finalFacts);

  const file = join(nodesFolder, `${node.name}.yaml`);
  await moveWhole(finished, file);
  return {
    node: node.name,
    file,
    sha256: createHash('sha256').update(content).digest('hex'),
    facts: finalFacts,
    warnings: warningsIn(stderr),
  };
}

function patchArguments(from: string, patches: readonly string[], to: string): string[] {
  return ['machineconfig', 'patch', from, ...patches.flatMap((patch) => ['-p', `@${patch}`]), '-o', to];
}

/** Talos itself does not mind the document on a worker: it would just never be elected there, or stand in the way. */
function assertVip(node: NodeDefinition, { vip }: Pick<ClusterDefinition, 'vip'>, facts: ConfigurationFacts): void {
  const found = facts.vips.filter((one) => one.address === vip.address);
  if (node.role === 'worker' && facts.vips.length > 0) {
    throw new Failure(
      'ConfigurationRefused',
      `${node.name}: its patches give a worker a VIP. Put it into a patch for control planes, or leave it out: this tool adds it.`,
    );
  }
  const [one] = found;
  if (node.role === 'controlplane' && (found.length !== 1 || one?.link !== vip.link)) {
    const seen = found.map((other) => `on ${other.link || 'a selected link'}`).join(' and ') || 'nowhere';
    throw new Failure(
      'ConfigurationRefused',
      `${node.name}: its patches put the VIP ${vip.address} ${seen}, cluster.yaml on ${vip.link}. Take it out of the patches: this tool adds it.`,
    );
  }
}

async function run(
  talosctl: Talosctl,
  args: readonly string[],
  signal: CallOptions['signal'],
): ReturnType<typeof runTalosctl> {
  return runTalosctl(talosctl, args, { timeoutMs: 60_000, signal });
}

/** Turns talosctl's refusal of what the user wrote into one that names whose configuration it is. */
async function refusing<T>(verdict: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.type !== 'CommandFailed' || stderrOf(error) === '') throw error;
    throw new Failure('ConfigurationRefused', `${verdict}: ${stderrOf(error).replace(/\s+/g, ' ')}`, { cause: error });
  }
}

function warningsIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => /warning/i.test(line))
    .map((line) => line.replace(/^\W*warnings?:?\s*/i, '').trim())
    .filter((line) => line !== '');
}

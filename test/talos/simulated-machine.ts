import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ClusterDefinition, NodeDefinition } from '../../src/run/cluster-definition.ts';
import { Failure } from '../../src/run/failure.ts';
import { type Lab, type MachineSpec, reserveLoopbackSubnet, startLab } from '../../simulator/src/lab.ts';
import type { CredentialAccess, MachineAddress, MaintenanceAccess, Talosctl } from '../../src/talos/access.ts';
import { caOf } from '../../src/talos/certificates.ts';
import { genTalosconfig } from '../../src/talos/generate.ts';
import { type KnownSet, observeNode } from '../../src/talos/probe.ts';
import { renderConfigurations } from '../../src/talos/render-configurations.ts';
import { watchNode } from './watch-node.ts';
import { clusterOf, nodeDefinition, talosctl as realTalosctl } from './real-talosctl.ts';
import { type Cluster, secretsOf } from '../drawn-secrets.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** One simulated machine with all that it takes to make it a control plane of a cluster of its own. */
export interface SimulatedMachine {
  readonly lab: Lab;
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly set: KnownSet;
  /** Its complete configuration. */
  readonly configurationFile: string;
  readonly configured: MachineAddress & CredentialAccess;
  /** Access in maintenance mode, pinned to the certificate that it shows now. */
  inMaintenance(): Promise<MachineAddress & MaintenanceAccess>;
  waitFor(kind: 'maintenance' | 'running'): Promise<void>;
}

/** Starts a machine, in maintenance mode or with its configuration. Time passes fifty times as fast. */
export async function startMachine(
  t: TestContext,
  from: 'maintenance' | 'configured',
  spec: Partial<MachineSpec> = {},
  talosctl: Talosctl = realTalosctl,
  secrets: Cluster = 'new',
): Promise<SimulatedMachine> {
  const subnet = await reserveLoopbackSubnet();
  const address = `${subnet.prefix}.12`;
  const folder = await temporaryFolder(t);
  const secretsFile = join(folder, 'secrets.yaml');
  const talosconfig = join(folder, 'talosconfig');
  const cluster = clusterOn(address, `${subnet.prefix}.10`);
  await writeFile(secretsFile, await secretsOf(secrets));
  await genTalosconfig(talosctl, cluster, secretsFile, talosconfig);
  const [rendered] = await renderConfigurations({ talosctl, cluster, secretsFile, setFolder: folder });
  const configurationFile = rendered?.file ?? '';
  const configuration = await readFile(configurationFile, 'utf8');

  const machine = {
    name: 'pi-12',
    address,
    link: 'end0',
    ...(from === 'configured' ? { configuration } : {}),
    ...spec,
  };
  const lab = await startLab({ speed: 50, machines: [machine] });
  t.after(async () => {
    await lab.close();
    subnet.release();
  });
  const set = { name: 'new', caPem: await caOf(talosconfig) };
  const base = { talosctl, address, node: 'pi-12' };
  const waitFor = async (kind: 'maintenance' | 'running'): Promise<void> => {
    await watchNode(address, [set], { until: (seen) => seen.kind === kind, deadlineMs: 30_000, intervalMs: 20 });
  };
  await waitFor(from === 'maintenance' ? 'maintenance' : 'running');
  return {
    lab,
    name: 'pi-12',
    address,
    folder,
    set,
    configurationFile,
    configured: { ...base, talosconfig },
    waitFor,
    async inMaintenance() {
      const seen = await observeNode(address, [set]);
      if (seen.kind !== 'maintenance') throw new Failure('UnexpectedCondition', `the machine is ${seen.kind}`);
      return { ...base, insecure: true, fingerprint: seen.fingerprint };
    },
  };
}

function clusterOn(address: string, vip: string): ClusterDefinition {
  const node: NodeDefinition = nodeDefinition('pi-12', 'controlplane', address);
  return clusterOf({ endpoint: `https://${vip}:6443`, vip: { address: vip, link: 'end0' }, nodes: [node] });
}

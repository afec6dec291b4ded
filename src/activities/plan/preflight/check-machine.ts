import { withV } from '../../../cluster/versions.ts';
import type { ClusterDefinition, NodeDefinition } from '../../../run/cluster-definition.ts';
import type { Failure } from '../../../run/failure.ts';
import { remedyFor } from '../../../run/words/failure-report.ts';
import type { Finding } from '../../../run/findings.ts';
import type { NodeFacts } from '../../../talos/node-facts.ts';
import type { SeenMachine } from './seen-machine.ts';

/** What one machine shows that forbids the rebuild or that a person should know. */
export function checkMachine(cluster: ClusterDefinition, machine: SeenMachine, newSet?: string): Finding[] {
  const { node } = machine;
  if ('failure' in machine) return [machine.awaited === undefined ? notSeen(node, machine.failure) : awaited(node)];
  const { facts, runsUnder } = machine;
  const isRebuilt = runsUnder !== undefined && runsUnder === newSet;
  return [
    ...checkVersion(cluster, node, facts),
    ...checkMacs(node, facts),
    ...checkRole(node, facts),
    ...checkVipLink(cluster, node, facts),
    ...(facts.stage === 'maintenance' || isRebuilt ? [] : checkFoundAgain(node, facts)),
    ...facts.volumes.filter(({ phase }) => phase === 'failed').map((volume) => failedVolume(node, volume)),
    ...facts.diagnostics.map((seen): Finding => ({
      severity: 'warning',
      node: node.name,
      seen,
      remedy: 'see Talos’s documentation on diagnostics',
    })),
  ];
}

function notSeen({ name }: NodeDefinition, failure: Failure): Finding {
  const { message } = failure;
  const colon = message.indexOf(': ');
  const who = message.slice(0, Math.max(colon, 0)); // the finding names the machine itself
  const seen = who === name || who.startsWith(`${name} (`) ? message.slice(colon + 2) : message;
  return { severity: 'error', node: name, seen, remedy: remedyFor(failure) };
}

/** It is not wiped, and nothing else can be asked of it. */
function awaited({ name }: NodeDefinition): Finding {
  return {
    severity: 'warning',
    node: name,
    seen: 'does not answer; it got its new configuration in an earlier run, and keeps its port shut until a control plane of the new cluster answers',
    remedy: 'look at the machine if it does not come up after the bootstrap',
  };
}

/** A rebuild never upgrades: an installed machine keeps its version. */
function checkVersion({ talos }: ClusterDefinition, node: NodeDefinition, { talosVersion }: NodeFacts): Finding[] {
  const planned = withV(talos.version);
  if (talosVersion === undefined || talosVersion === planned) return [];
  return [
    error(
      node,
      `runs Talos ${talosVersion}, planned is ${planned}; a rebuild never upgrades`,
      `talosctl -n ${node.address} upgrade --image ${node.installImage}, or write \`talos.version: ${talosVersion}\``,
    ),
  ];
}

function checkMacs(node: NodeDefinition, { identity }: NodeFacts): Finding[] {
  const missing = node.macs.filter((mac) => !identity.macs.includes(mac));
  if (missing.length === 0) return [];
  return [
    error(
      node,
      `the machine at ${node.address} has the hardware address ${identity.macs.join(', ')}, not ${missing.join(', ')}`,
      'correct `address` or `macs`: this may be another machine',
    ),
  ];
}

function checkRole(node: NodeDefinition, { machineType }: NodeFacts): Finding[] {
  if (machineType === undefined || machineType === node.role) return [];
  return [
    {
      severity: 'warning',
      node: node.name,
      seen: `is a ${machineType} now and becomes a ${node.role}`,
      remedy: 'correct `role` if this is not meant',
    },
  ];
}

/** Talos accepts a wrong link; the VIP just never appears. */
function checkVipLink({ vip }: ClusterDefinition, node: NodeDefinition, { links, addresses }: NodeFacts): Finding[] {
  if (node.role !== 'controlplane') return [];
  const link = links.find(({ name, otherNames }) => name === node.link || otherNames.includes(node.link));
  if (!link) {
    const present = links.filter(({ physical }) => physical).map(({ name }) => name);
    return [
      error(
        node,
        `has no link ${node.link} for the VIP; it has ${present.join(', ') || 'none'}`,
        'correct `vip.link`, or `link` of this node',
      ),
    ];
  }
  const subnets = addresses.filter(({ link: on }) => on === link.name).map(({ cidr }) => cidr);
  if (subnets.some((cidr) => isInSubnet(vip.address, cidr))) return [];
  return [
    error(
      node,
      `the VIP ${vip.address} is outside the subnets of ${link.name} (${subnets.join(', ') || 'it has no address'})`,
      'choose a free address in that subnet as `vip.address`',
    ),
  ];
}

/** After a wipe of STATE only DHCP, or what the platform gives, is left of a machine's addresses. */
function checkFoundAgain(node: NodeDefinition, { addresses, links }: NodeFacts): Finding[] {
  if (node.maintenanceAddress !== undefined) return [];
  const own = addresses.find(({ cidr }) => cidr.split('/')[0] === node.address);
  const link = links.find(({ name }) => name === own?.link);
  const reason =
    own?.origin === 'configuration'
      ? 'its address comes from its machine configuration'
      : link && !link.physical
        ? `its address is on the ${link.kind || 'virtual'} link ${link.name}, which its machine configuration makes`
        : undefined;
  if (reason === undefined) return [];
  return [
    error(
      node,
      `${reason}, so it will be at another one after the wipe`,
      'reserve an address for it in your DHCP server and name that as `maintenanceAddress`',
    ),
  ];
}

/** Before 1.13.7 a volume that cannot be provisioned blocks a reset. */
function failedVolume(node: NodeDefinition, { id, errorMessage }: NodeFacts['volumes'][number]): Finding {
  return {
    severity: 'warning',
    node: node.name,
    seen: `its volume ${id} is in phase failed${errorMessage && `: ${errorMessage}`}`,
    remedy: 'before Talos 1.13.7 this blocks the reset; mend the volume first',
  };
}

/** Whether an IPv4 address lies in the subnet of an interface address such as `192.168.1.12/24`. */
export function isInSubnet(address: string, cidr: string): boolean {
  const [base = '', prefix = '32'] = cidr.split('/');
  const toNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  return base.includes('.') && Math.floor(toNumber(address) / size) === Math.floor(toNumber(base) / size);
}

function error({ name }: NodeDefinition, seen: string, remedy: string): Finding {
  return { severity: 'error', node: name, seen, remedy };
}

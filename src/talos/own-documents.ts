import { stringify } from 'yaml';
import type { NodeDefinition, VirtualIp } from '../run/cluster-definition.ts';
import type { ConfigurationFacts } from './config-facts.ts';

/**
 * The patch that makes a machine this machine, laid over everything that the user's patches say: its hostname, and on
 * control planes the virtual IP. Returns YAML for `talosctl machineconfig patch`. `facts` are those of the
 * configuration before this patch.
 *
 * The hostname is pinned because an automatic one comes from an identity in STATE, which the wipe takes: the machine
 * would come back as another Kubernetes node and another etcd member.
 */
export function ownDocuments(
  node: Pick<NodeDefinition, 'name' | 'role' | 'link'>,
  vip: VirtualIp,
  contract: string,
  facts: ConfigurationFacts,
): string {
  const patches = hasNetworkDocuments(contract)
    ? [hostnameDocument(node.name), ...(node.role === 'controlplane' ? vipDocuments(vip, facts) : [])]
    : [oldForm(node, vip, facts)];
  const sans = node.role === 'controlplane' && !facts.apiServerSans.includes(vip.address) ? [certificateFor(vip)] : [];
  return [...patches, ...sans].map((patch) => stringify(patch)).join('---\n');
}

/** The contract of a Talos version: `v1.13` of `v1.13.9`. It decides which documents are generated. */
export function contractOf(talosVersion: string): string {
  const match = /^v?(\d+\.\d+)/.exec(talosVersion);
  return match ? `v${match[1]}` : talosVersion;
}

/** HostnameConfig and Layer2VIPConfig exist since 1.12; `machine.network` is deprecated since then. */
function hasNetworkDocuments(contract: string): boolean {
  const [major = 0, minor = 0] = contract.slice(1).split('.').map(Number);
  return major > 1 || minor >= 12;
}

/** `auto: off` because the generated document says `stable`, and both together are refused. */
function hostnameDocument(hostname: string): object {
  return { apiVersion: 'v1alpha1', kind: 'HostnameConfig', hostname, auto: 'off' };
}

/** Not where a patch of the user has the same address in the old form: two elections for one address would fight. */
function vipDocuments(vip: VirtualIp, facts: ConfigurationFacts): object[] {
  const already = facts.vips.some((one) => one.form === 'interface' && one.address === vip.address);
  return already ? [] : [{ apiVersion: 'v1alpha1', kind: 'Layer2VIPConfig', name: vip.address, link: vip.link }];
}

function certificateFor(vip: VirtualIp): object {
  return { cluster: { apiServer: { certSANs: [vip.address] } } };
}

/**
 * An entry for a link without `dhcp: true` would switch DHCP off on it; where the user's patches have
 * an entry, that one decides.
 */
function oldForm(node: Pick<NodeDefinition, 'name' | 'role'>, vip: VirtualIp, facts: ConfigurationFacts): object {
  const known = facts.links.some((link) => link.name === vip.link);
  const entry = { interface: vip.link, ...(known ? {} : { dhcp: true }), vip: { ip: vip.address } };
  return {
    machine: { network: { hostname: node.name, ...(node.role === 'controlplane' ? { interfaces: [entry] } : {}) } },
  };
}

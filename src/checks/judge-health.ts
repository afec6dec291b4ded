import { controlPlanes } from '../run/cluster-definition.ts';
import type { ExpectedCluster } from '../run/expected-cluster.ts';
import type { NodeStatus } from '../kubernetes/nodes.ts';
import type { EtcdMember, EtcdStatus } from '../talos/etcd.ts';

/** A control plane that has the VIP, and on which link. */
export interface VipHolder {
  readonly node: string;
  readonly link: string;
}

/**
 * What is wrong with the nodes, or nothing: each planned machine is Ready under its name, and there is no other. One
 * that a person gave up may be there or not.
 */
export function describeNodes(
  expected: ExpectedCluster,
  nodes: readonly NodeStatus[],
  givenUp: readonly string[] = [],
): string | undefined {
  const planned = expected.nodes.map(({ name }) => name).filter((name) => !givenUp.includes(name));
  return join([
    ...planned.filter((name) => !nodes.some((node) => node.name === name)).map((name) => `${name} has not registered`),
    ...nodes
      .filter(({ name, ready }) => planned.includes(name) && !ready)
      .map(({ name, reason }) => `${name} is not Ready (${reason})`),
    ...nodes
      .filter(({ name }) => !planned.includes(name) && !givenUp.includes(name))
      .map(({ name }) => `${name} is not a planned node`),
  ]);
}

/**
 * What is wrong with etcd, or nothing: exactly the planned control planes are members, all of
 * them voters, none by the VIP.
 */
export function describeMembers(expected: ExpectedCluster, members: readonly EtcdMember[]): string | undefined {
  const planned = controlPlanes(expected.nodes).map(({ name }) => name);
  const names = members.map(({ hostname }) => hostname);
  return join([
    ...planned.filter((name) => !names.includes(name)).map((name) => `${name} is not a member`),
    ...members
      .filter(({ hostname }) => !planned.includes(hostname))
      .map(({ hostname }) => `${hostname} is not a planned member`),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is a member twice`),
    ...members.filter(({ learner }) => learner).map(({ hostname }) => `${hostname} is still a learner`),
    ...members
      .filter(({ peerUrls }) => peerUrls.some((url) => new URL(url).hostname === expected.vip.address))
      .map(({ hostname }) => `${hostname} is known by the VIP instead of its own address`),
  ]);
}

/** What a control plane's own etcd says of itself that a healthy voter does not, or nothing. */
export function describeStatus({ learner, leaderId, errors }: EtcdStatus): string | undefined {
  return join([
    ...(learner ? ['is still a learner'] : []),
    ...(leaderId === undefined ? ['sees no leader'] : []),
    ...(errors === '' ? [] : [`reports ${errors}`]),
  ]);
}

/**
 * What is wrong with the VIP, or nothing: exactly one control plane has it, on the planned link. `before` are those
 * that were seen with it a moment ago.
 */
export function describeHolders(
  expected: ExpectedCluster,
  holders: readonly VipHolder[],
  before: readonly string[] = [],
): string | undefined {
  const { address } = expected.vip;
  const [holder, ...others] = holders;
  if (!holder && before.length > 0) {
    return `${address} comes and goes: no control plane has it now, a moment ago it was on ${before.join(' and ')}`;
  }
  if (!holder) return `no control plane has ${address}: is ${expected.vip.link} the right link?`;
  if (others.length > 0) return `${address} is on ${holders.map(({ node }) => node).join(' and ')}`;
  const link = expected.nodes.find(({ name }) => name === holder.node)?.link ?? expected.vip.link;
  return holder.link === link ? undefined : `${holder.node} has ${address} on ${holder.link}, planned ${link}`;
}

function join(problems: readonly string[]): string | undefined {
  return problems.length === 0 ? undefined : problems.join(', ');
}

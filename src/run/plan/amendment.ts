import type { ClusterDefinition, NodeDefinition } from '../cluster-definition.ts';
import { diskInWords } from '../disk-words.ts';
import { identityDifferences } from '../machine-identity.ts';
import type { BootstrapMove, Plan, PlannedNode } from './plan.ts';

/** What an amendment changes for one machine. */
export interface AmendedNode {
  readonly name: string;
  readonly isConfigurationChanged: boolean;
  /** Old and new, in words, where the machine behind the name is another one now. */
  readonly identity: readonly string[];
  /** The disk that is erased as a whole now, in words. */
  readonly erases?: string;
}

/** Settings on which machines were wiped and built already: another value would be another cluster. */
const fixed = ['name', 'endpoint', 'folder', 'secrets', 'talos', 'kubernetes'] as const;

/** Says why a changed cluster.yaml cannot be taken up in the middle of a run; empty when it can. One line each. */
export function refuseAmendment(before: ClusterDefinition, after: ClusterDefinition): string[] {
  const nodeNames = new Set([...before.nodes, ...after.nodes].map(({ name }) => name));
  return [
    ...fixed
      .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      .map((key) => `\`${key}\` cannot change in the middle of a run: put it back, or abort and start again`),
    ...(before.vip.address === after.vip.address
      ? []
      : ['`vip.address` cannot change in the middle of a run: the certificates name it']),
    ...[...nodeNames].flatMap((name) => refuseNode(name, named(before, name), named(after, name))),
  ];
}

function refuseNode(name: string, before?: NodeDefinition, after?: NodeDefinition): string[] {
  if (!before) return [`${name}: a machine cannot join in the middle of a run; add it afterwards`];
  if (!after) return [`${name}: cannot be left out of a run that has begun; \`skip\` gives up a worker`];
  return before.role === after.role
    ? []
    : [`${name}: is ${before.role} and cannot become ${after.role} in the middle of a run`];
}

function named({ nodes }: ClusterDefinition, name: string): NodeDefinition | undefined {
  return nodes.find((node) => node.name === name);
}

/** The approved plan with what the amendment changes; the order of the resets stays as it was approved. */
export function amendedPlan(
  plan: Plan,
  after: ClusterDefinition,
  sha256: Readonly<Record<string, string>>,
  seen: Readonly<Record<string, Pick<PlannedNode, 'identity' | 'storage'> | undefined>>,
): Plan {
  const nodes = plan.nodes.map((node): PlannedNode => {
    const defined = named(after, node.name);
    if (!defined) return node;
    return {
      ...node,
      address: defined.address,
      maintenanceAddress: defined.maintenanceAddress ?? defined.address,
      link: defined.link,
      timeouts: defined.timeouts,
      configurationSha256: sha256[node.name] ?? node.configurationSha256,
      ...seen[node.name],
    };
  });
  const { bootstrapNode: _former, ...rest } = plan;
  return {
    ...rest,
    vip: after.vip,
    nodes,
    ...(after.bootstrapNode === undefined ? {} : { bootstrapNode: after.bootstrapNode }),
    failoverBudgetMs: after.failover.budgetMs,
    mergesInto: Object.keys(after.merge).toSorted(),
    dropped: after.dropped,
    approval: after.approval,
  };
}

/** What differs for each machine that an amendment changes. */
export function amendedNodes(before: Plan, after: Plan): AmendedNode[] {
  return after.nodes
    .map((node): AmendedNode => {
      const former = before.nodes.find(({ name }) => name === node.name) ?? node;
      const { erases } = node.storage;
      return {
        name: node.name,
        isConfigurationChanged: former.configurationSha256 !== node.configurationSha256,
        identity: identityDifferences(former.identity, node.identity),
        ...(erases === undefined || former.storage.erases !== undefined ? {} : { erases: diskInWords(erases) }),
      };
    })
    .filter((node) => node.isConfigurationChanged || node.identity.length > 0 || node.erases !== undefined);
}

/** For the person who approves an amendment, a line each. `settings` say what else changes. */
export function describeAmendment(
  nodes: readonly AmendedNode[],
  settings: readonly string[],
  move?: BootstrapMove,
): string[] {
  return [
    ...nodes.flatMap(({ name, isConfigurationChanged, identity, erases }) => [
      ...(identity.length > 0 ? [`${name}: another machine is accepted under this name: ${identity.join('; ')}.`] : []),
      ...(isConfigurationChanged
        ? [`${name}: its configuration changes; if it runs already, it gets the new one in place and may reboot.`]
        : []),
      ...(erases === undefined ? [] : [`${name}: Talos is not installed there: the whole ${erases} is erased.`]),
    ]),
    ...(settings.length > 0 ? [`Changed as well: ${settings.join('; ')}.`] : []),
    ...(move ? [describeMove(move)] : []),
  ];
}

function describeMove({ from, to, mustStayOff }: BootstrapMove): string {
  const condition = mustStayOff
    ? `${from} does not answer: by approving you say that it is powered off, and stays off until it was wiped`
    : `${from} is in maintenance mode`;
  return `The bootstrap goes to ${to} instead of ${from}; no control plane has an etcd member. ${condition}.`;
}

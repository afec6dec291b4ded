import { closest } from './closest.ts';
import type { Problem, ValuePath } from './problem.ts';
import type { Salvaged } from './salvage.ts';
import type { ClusterFile } from './schema.ts';

type Cluster = Salvaged<ClusterFile>;
type Node = NonNullable<NonNullable<Cluster['nodes']>[number]>;

/**
 * What must hold between the keys of cluster.yaml. Runs over what could be read of it, so it says
 * nothing about what is missing.
 */
export function checkCluster(cluster: Cluster): Problem[] {
  return [
    ...checkUnique(cluster),
    ...checkVip(cluster),
    ...checkControlPlanes(cluster),
    ...checkEndpoint(cluster),
    ...checkBootstrapNode(cluster),
    ...checkInstall(cluster),
    ...checkApproval(cluster),
    ...checkNotifiers(cluster),
  ];
}

function nodesOf(cluster: Cluster): { node: Node; index: number }[] {
  return (cluster.nodes ?? []).flatMap((node, index) => (node ? [{ node, index }] : []));
}

function error(path: ValuePath, what: string, remedy: string): Problem {
  return { severity: 'error', path, what, remedy };
}

function warning(path: ValuePath, what: string, remedy: string): Problem {
  return { severity: 'warning', path, what, remedy };
}

/**
 * Two machines with one name, address or hardware address. A maintenance address may be the machine's own
 * address, but nobody else's.
 */
function checkUnique(cluster: Cluster): Problem[] {
  const claims = nodesOf(cluster).flatMap(({ node, index }) => [
    { kind: 'name', value: node.name, path: ['nodes', index, 'name'], index },
    { kind: 'address', value: node.address, path: ['nodes', index, 'address'], index },
    { kind: 'address', value: node.maintenanceAddress, path: ['nodes', index, 'maintenanceAddress'], index },
    ...(node.macs ?? []).map((mac, at) => ({
      kind: 'hardware address',
      value: mac,
      path: ['nodes', index, 'macs', at],
      index,
    })),
  ]);
  const first = new Map<string, number>();
  return claims.flatMap(({ kind, value, path, index }) => {
    if (value === undefined) return [];
    const key = `${kind} ${value}`;
    const owner = first.get(key);
    if (owner === undefined) {
      first.set(key, index);
      return [];
    }
    if (owner === index) return [];
    const other = cluster.nodes?.[owner]?.name ?? `nodes[${owner}]`;
    return [error(path, `the ${kind} ${value} is already that of ${other}`, `give each machine its own ${kind}`)];
  });
}

function checkVip(cluster: Cluster): Problem[] {
  const vip = cluster.vip?.address;
  if (vip === undefined) return [];
  return nodesOf(cluster).flatMap(({ node, index }) =>
    (['address', 'maintenanceAddress'] as const)
      .filter((key) => node[key] === vip)
      .map((key) =>
        error(
          ['nodes', index, key],
          `${vip} is the virtual IP and cannot be an address of ${node.name ?? `nodes[${index}]`} too`,
          "write the machine's own address, or choose an unused address for `vip`",
        ),
      ),
  );
}

function checkControlPlanes(cluster: Cluster): Problem[] {
  const nodes = cluster.nodes;
  if (!nodes?.length || nodes.some((node) => node?.role === undefined)) return [];
  const count = nodes.filter((node) => node?.role === 'controlplane').length;
  if (count === 0) {
    return [
      error(
        ['nodes'],
        'no machine is a control plane, so nothing can hold the virtual IP',
        'give at least one machine `role: controlplane`, better three',
      ),
    ];
  }
  if (count % 2 === 1) return [];
  return [
    warning(
      ['nodes'],
      `${count} control planes survive no more losses than ${count - 1}: etcd needs a majority`,
      'use an odd number of control planes',
    ),
  ];
}

function checkEndpoint(cluster: Cluster): Problem[] {
  const match = /^https:\/\/(.+):(\d+)$/.exec(cluster.endpoint ?? '');
  const [, host, port] = match ?? [];
  if (host === undefined || port === undefined) return [];
  const problems: Problem[] = [];
  if (Number(port) < 1 || Number(port) > 65_535) {
    problems.push(error(['endpoint'], `${port} is not a port`, "write the API server's port, usually 6443"));
  }
  const vip = cluster.vip?.address;
  if (vip === undefined || host === vip) return problems;
  const owner = nodesOf(cluster).find(({ node }) => node.address === host)?.node;
  const remedy = `write https://${vip}:${port}`;
  if (owner) {
    const controlPlanes = nodesOf(cluster).filter(({ node }) => node.role === 'controlplane').length;
    const what = `the endpoint is the address of ${owner.name ?? 'one machine'}: without it nobody reaches the API`;
    problems.push(controlPlanes > 1 ? error(['endpoint'], what, remedy) : warning(['endpoint'], what, remedy));
  } else if (/^[\d.]+$/.test(host)) {
    problems.push(
      warning(
        ['endpoint'],
        `the endpoint ${host} is neither the virtual IP ${vip} nor a DNS name, so failover of the virtual IP does not help it`,
        `${remedy}, unless ${host} is a load balancer of yours`,
      ),
    );
  } else if (
    !/^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(host)
  ) {
    problems.push(error(['endpoint'], `${JSON.stringify(host)} is not a DNS name`, remedy));
  }
  return problems;
}

function checkBootstrapNode(cluster: Cluster): Problem[] {
  const named = cluster.bootstrapNode;
  if (named === undefined) return [];
  const known = nodesOf(cluster).flatMap(({ node }) => (node.role === 'controlplane' && node.name ? [node.name] : []));
  if (known.includes(named) || nodesOf(cluster).some(({ node }) => node.name === named && !node.role)) return [];
  const isWorker = nodesOf(cluster).some(({ node }) => node.name === named);
  const what = isWorker ? `${named} is a worker and cannot be bootstrapped` : `there is no machine named ${named}`;
  const meant = closest(named, known);
  const choice = known.length > 0 ? `: ${known.join(', ')}` : '';
  const remedy = meant === undefined ? `name a control plane${choice}` : `did you mean \`${meant}\`?`;
  return [error(['bootstrapNode'], what, remedy)];
}

/**
 * Every machine needs an install disk and an image, its own or the cluster's, and the image should be of the version.
 */
function checkInstall(cluster: Cluster): Problem[] {
  const talos = cluster.talos;
  if (!talos) return [];
  const example = {
    installDisk: '/dev/mmcblk0',
    installImage: `factory.talos.dev/installer/…:${talos.version ?? 'v1.13.9'}`,
  };
  const missing = (['installDisk', 'installImage'] as const).flatMap((key) => {
    if (key in talos) return [];
    const without = nodesOf(cluster).filter(({ node }) => !(key in node));
    if (without.length === 0) return [];
    const names = without.slice(0, 3).map(({ node, index }) => node.name ?? `nodes[${index}]`);
    if (without.length > 3) names.push(`${without.length - 3} more`);
    const what = `\`talos\` has no ${key}, nor ${names.length > 1 ? 'have' : 'has'} ${names.join(', ')}`;
    return [error(['talos'], what, `add \`${key}\` under \`talos\` for all machines, for example ${example[key]}`)];
  });
  return [
    ...missing,
    ...checkImageTag(talos.version, talos.installImage, ['talos', 'installImage']),
    ...nodesOf(cluster).flatMap(({ node, index }) =>
      checkImageTag(talos.version, node.installImage, ['nodes', index, 'installImage']).map((problem) =>
        node.name === undefined ? problem : { ...problem, node: node.name },
      ),
    ),
  ];
}

function checkImageTag(version: string | undefined, image: string | undefined, path: ValuePath): Problem[] {
  if (version === undefined || image === undefined || image.includes('@sha256:')) return [];
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  if (tag === version) return [];
  return tag === undefined
    ? [error(path, `the image has no tag`, `write ${image}:${version}`)]
    : [
        warning(
          path,
          `the image is tagged ${tag}, but the machines run Talos ${version}`,
          `write ${image.slice(0, -tag.length)}${version}, or correct \`talos.version\``,
        ),
      ];
}

function checkApproval(cluster: Cluster): Problem[] {
  const { expires, remindEvery } = cluster.approval ?? {};
  if (expires === undefined || remindEvery === undefined || remindEvery < expires) return [];
  return [
    warning(
      ['approval', 'remindEvery'],
      'the approval expires before the first reminder',
      'write a shorter `remindEvery` or a longer `expires`',
    ),
  ];
}

/** Each notifier is a command or a web address, and only the latter has a format and a token. */
function checkNotifiers(cluster: Cluster): Problem[] {
  return (cluster.notify ?? []).flatMap((notifier, index) => {
    if (!notifier) return [];
    const path = ['notify', index];
    const ways = (['command', 'url', 'urlEnv'] as const).filter((key) => key in notifier);
    const [way, ...others] = ways;
    if (way === undefined)
      return [error(path, `notify[${index}] says nowhere to send to`, 'add `url`, `urlEnv` or `command`')];
    if (others.length > 0)
      return [
        error(
          path,
          `notify[${index}] has ${ways.join(' and ')}`,
          'keep one of them, and write a second entry for another',
        ),
      ];
    if (way !== 'command') return [];
    return (['format', 'tokenEnv'] as const)
      .filter((key) => key in notifier)
      .map((key) => error([...path, key], `\`${key}\` is for web addresses, not for a command`, 'remove it'));
  });
}

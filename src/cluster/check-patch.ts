import type { Problem, ValuePath } from './problem.ts';

const hostnameRemedy = "remove it: the tool sets each machine's host name from `nodes[].name`";
const vipRemedy = 'remove it: the tool gives the virtual IP to the control planes, from `vip` and `link`';

/**
 * What must not stand in one document of a patch: JSON 6902, which Talos refuses for configurations of several
 * documents, and the host name and virtual IP, which the tool sets from cluster.yaml.
 */
export function checkPatchDocument(document: unknown): Problem[] {
  if (Array.isArray(document)) {
    return document.some((item) => isMapping(item) && 'op' in item && 'path' in item)
      ? [
          error(
            [],
            'this is a JSON 6902 patch (a list of `op` and `path`), which Talos refuses since 1.12',
            'write a strategic-merge patch: the keys as they stand in the machine configuration',
          ),
        ]
      : [
          error(
            [],
            'this is a list',
            'write a strategic-merge patch: the keys as they stand in the machine configuration',
          ),
        ];
  }
  if (!isMapping(document)) {
    return [error([], 'this is not a patch', 'write the keys as they stand in the machine configuration')];
  }
  if (document['kind'] === 'HostnameConfig') return [error(['kind'], 'the patch sets the host name', hostnameRemedy)];
  if (document['kind'] === 'Layer2VIPConfig') return [error(['kind'], 'the patch sets a virtual IP', vipRemedy)];
  const network = mapping(mapping(document['machine'])['network']);
  return [
    ...('hostname' in network
      ? [error(['machine', 'network', 'hostname'], 'the patch sets the host name', hostnameRemedy)]
      : []),
    ...list(network['interfaces']).flatMap((item, index) => vipsIn(item, ['machine', 'network', 'interfaces', index])),
  ];
}

function vipsIn(item: unknown, path: ValuePath): Problem[] {
  const link = mapping(item);
  return [
    ...('vip' in link
      ? [{ ...error([...path, 'vip'], 'the patch sets a virtual IP', vipRemedy), at: 'key' as const }]
      : []),
    ...list(link['vlans']).flatMap((vlan, index) => vipsIn(vlan, [...path, 'vlans', index])),
  ];
}

function error(path: ValuePath, what: string, remedy: string): Problem {
  return { severity: 'error', path, what, remedy };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

import type { Boot } from '../boot.ts';
import type { Described, Describe } from './described.ts';

function addressStatus(address: string, link: string, linkIndex: number, scope: 'global' | 'host'): Described {
  return {
    namespace: 'network',
    id: `${link}/${address}`,
    spec: {
      address,
      local: address.split('/')[0],
      linkIndex,
      linkName: link,
      family: 'inet4',
      scope,
      flags: 'permanent',
      priority: 0,
    },
    owner: 'network.AddressStatusController',
  };
}

function addresses({ machine, address: own, isNetworkUp, virtualIps }: Boot): Described[] {
  return [
    addressStatus('127.0.0.1/8', 'lo', 1, 'host'),
    ...(isNetworkUp ? [addressStatus(`${own}/${machine.prefixLength}`, machine.link, 2, 'global')] : []),
    ...[...virtualIps].map(([address]) => addressStatus(`${address}/32`, machine.link, 2, 'global')),
  ];
}

function links(boot: Boot): Described[] {
  const { machine, isNetworkUp } = boot;
  const aliases = (boot.configuration?.documents ?? []).flatMap((document) =>
    document['kind'] === 'LinkAliasConfig' && boot.hasLink(String(document['name'])) ? [String(document['name'])] : [],
  );
  return [
    {
      namespace: 'network',
      id: 'lo',
      spec: {
        index: 1,
        type: 'loopback',
        linkIndex: 0,
        flags: 'UP,LOOPBACK,RUNNING,LOWER_UP',
        hardwareAddr: '00:00:00:00:00:00',
        permanentAddr: '00:00:00:00:00:00',
        broadcastAddr: '00:00:00:00:00:00',
        mtu: 65_536,
        queueDisc: 'noqueue',
        operationalState: 'unknown',
        kind: '',
        slaveKind: '',
        linkState: true,
        port: 'Other',
        duplex: 'Unknown',
      },
    },
    {
      namespace: 'network',
      id: machine.link,
      spec: {
        ...(aliases[0] === undefined ? {} : { alias: aliases[0] }),
        altNames: [`enx${machine.mac.replaceAll(':', '')}`],
        index: 2,
        type: 'ether',
        linkIndex: 0,
        flags: 'UP,BROADCAST,RUNNING,MULTICAST,LOWER_UP',
        hardwareAddr: machine.mac,
        permanentAddr: machine.mac,
        broadcastAddr: 'ff:ff:ff:ff:ff:ff',
        mtu: 1500,
        queueDisc: 'mq',
        operationalState: isNetworkUp ? 'up' : 'down',
        kind: '',
        slaveKind: '',
        busPath: 'fd580000.ethernet',
        driver: 'bcmgenet',
        driverVersion: '6.18.24-talos',
        linkState: isNetworkUp,
        speedMbit: 1000,
        port: 'MII',
        duplex: 'Full',
      },
    },
  ];
}

export const networkResources: Record<string, Describe> = {
  'AddressStatuses.net.talos.dev': addresses,
  'LinkStatuses.net.talos.dev': links,
  'HostnameStatuses.net.talos.dev': ({ hostname }) => [
    { namespace: 'network', id: 'hostname', spec: { hostname, domainname: '' } },
  ],
  'NetworkStatuses.net.talos.dev': ({ isNetworkUp }) => [
    {
      namespace: 'network',
      id: 'status',
      spec: { addressReady: isNetworkUp, connectivityReady: isNetworkUp, hostnameReady: true, etcFilesReady: true },
    },
  ],
  'NodeAddresses.net.talos.dev': (boot) => {
    if (!boot.isNetworkUp) return [];
    const own = `${boot.address}/${boot.machine.prefixLength}`;
    const all = [own, ...[...boot.virtualIps.keys()].map((address) => `${address}/32`)];
    return [
      { namespace: 'network', id: 'accumulative', spec: { addresses: all, sortAlgorithm: 'v1' } },
      { namespace: 'network', id: 'current', spec: { addresses: all, sortAlgorithm: 'v1' } },
      { namespace: 'network', id: 'default', spec: { addresses: [own], sortAlgorithm: 'v1' } },
      { namespace: 'network', id: 'routed', spec: { addresses: [own], sortAlgorithm: 'v1' } },
    ];
  },
  'RouteStatuses.net.talos.dev': ({ machine, address, isNetworkUp }) => {
    if (!isNetworkUp || address === undefined) return [];
    const gateway = address.replace(/\d+$/, '1');
    return [
      {
        namespace: 'network',
        id: `${machine.link}/inet4/${gateway}//1024`,
        spec: {
          family: 'inet4',
          dst: '',
          src: address,
          gateway,
          outLinkIndex: 2,
          outLinkName: machine.link,
          table: 'main',
          priority: 1024,
          scope: 'global',
          type: 'unicast',
          flags: '',
          protocol: 'dhcp',
        },
      },
    ];
  },
  'TimeServerStatuses.net.talos.dev': () => [
    { namespace: 'network', id: 'timeservers', spec: { timeServers: ['time.cloudflare.com'] } },
  ],
  'ResolverStatuses.net.talos.dev': () => [
    { namespace: 'network', id: 'resolvers', spec: { dnsServers: ['1.1.1.1', '8.8.8.8'], searchDomains: [] } },
  ],
};

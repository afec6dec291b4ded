import type { Boot } from '../boot.ts';
import { EtcdError, type EtcdData, type EtcdMember } from '../etcd-cluster.ts';
import { snapshotOf } from '../etcd-snapshot.ts';
import { assertControlPlane } from './control-plane.ts';
import { clientStream, serverStream, unary, type Method } from './methods.ts';
import { RpcError } from './rpc-error.ts';

type Empty = Record<string, never>;
const service = '/machine.MachineService';

export const etcdMethods: [string, Method][] = [
  unary<{ queryLocal: boolean }>(
    { path: `${service}/EtcdMemberList`, request: 'EtcdMemberListRequest', response: 'EtcdMemberListResponse' },
    async ({ boot, signal }) => {
      await etcdListens(boot, signal);
      const members = [...withLeader(boot, 'member list').cluster.members.values()];
      return { messages: [{ legacyMembers: members.map(({ name }) => name), members: members.map(memberFields) }] };
    },
  ),
  unary<Empty>(
    { path: `${service}/EtcdStatus`, request: 'Empty', response: 'EtcdStatusResponse' },
    async ({ boot, signal }) => {
      await etcdListens(boot, signal);
      return { messages: [{ memberStatus: statusFields(localMember(boot, 'etcd status')) }] };
    },
  ),
  unary<{ memberId: string }>(
    {
      path: `${service}/EtcdRemoveMemberByID`,
      request: 'EtcdRemoveMemberByIDRequest',
      response: 'CommonEmptyResponse',
    },
    ({ boot }, { memberId }) => {
      removeMember(boot, BigInt(memberId));
      return { messages: [{}] };
    },
  ),
  unary<Empty>({ path: `${service}/EtcdLeaveCluster`, request: 'Empty', response: 'CommonEmptyResponse' }, ({ boot }) =>
    leave(boot),
  ),
  unary<Empty>(
    { path: `${service}/EtcdForfeitLeadership`, request: 'Empty', response: 'EtcdForfeitLeadershipResponse' },
    ({ boot }) => {
      const { cluster, memberId } = withLeader(boot, 'etcd forfeit leadership');
      return {
        messages: [{ member: inEtcd('failed to forfeit leadership: ', () => cluster.forfeit(memberId)) ?? '' }],
      };
    },
  ),
  unary<Empty>({ path: `${service}/EtcdAlarmList`, request: 'Empty', response: 'CommonEmptyResponse' }, ({ boot }) => {
    localMember(boot, 'etcd alarm list');
    return { messages: [{}] };
  }),
  unary<Empty>({ path: `${service}/EtcdDefragment`, request: 'Empty', response: 'CommonEmptyResponse' }, ({ boot }) => {
    localMember(boot, 'etcd defragment');
    return { messages: [{}] };
  }),
  serverStream<Empty>(
    { path: `${service}/EtcdSnapshot`, request: 'Empty', response: 'Data' },
    async function* ({ boot }) {
      const snapshot = snapshotOf(localMember(boot, 'etcd snapshot').cluster);
      for (let start = 0; start < snapshot.length; start += 65_536)
        yield { bytes: snapshot.subarray(start, start + 65_536) };
    },
  ),
  clientStream<{ bytes: Buffer }>(
    { path: `${service}/EtcdRecover`, request: 'Data', response: 'CommonEmptyResponse' },
    async ({ boot }, chunks) => {
      if (!boot.isCriRunning || !boot.isControlPlane) {
        throw new RpcError('FailedPrecondition', 'etcd service is not ready for recovery yet');
      }
      const parts: Buffer[] = [];
      for await (const { bytes } of chunks) parts.push(Buffer.from(bytes));
      boot.uploadedSnapshot = Buffer.concat(parts);
      return { messages: [{}] };
    },
  ),
];

/**
 * Talos's etcd client waits until it has a connection, and Talos sets it no limit: where etcd does not run, a call
 * blocks until its caller gives up.
 */
async function etcdListens(boot: Boot, signal: AbortSignal): Promise<void> {
  while (boot.isControlPlane && boot.etcd === undefined) await boot.machine.world.clock.sleep(1000, signal);
}

/** The etcd that runs on this node. */
function localMember(boot: Boot, what: string): EtcdData {
  assertControlPlane(boot, what);
  if (boot.etcd === undefined) {
    throw new RpcError(
      'Unavailable',
      'connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"',
    );
  }
  return boot.etcd;
}

/** What changes or lists members goes through the leader. */
function withLeader(boot: Boot, what: string): EtcdData {
  const data = localMember(boot, what);
  if (!data.cluster.hasQuorum) throw new RpcError('Unavailable', 'etcdserver: no leader');
  return data;
}

function memberFields({ id, name, address, learner }: EtcdMember): object {
  return {
    id: String(id),
    hostname: name,
    peerUrls: [`https://${address}:2380`],
    clientUrls: name === '' ? [] : [`https://${address}:2379`],
    isLearner: learner,
  };
}

function statusFields({ cluster, memberId }: EtcdData): object {
  const index = cluster.raftIndex;
  return {
    storageVersion: '3.6.0',
    protocolVersion: '3.6.9',
    memberId: String(memberId),
    dbSize: 2_400_256,
    dbSizeInUse: 1_310_720,
    leader: String(cluster.leader?.id ?? 0n),
    raftIndex: index,
    raftTerm: cluster.term,
    raftAppliedIndex: index,
    errors: cluster.hasQuorum ? [] : ['etcdserver: no leader'],
    isLearner: cluster.members.get(memberId)?.learner === true,
  };
}

function removeMember(boot: Boot, id: bigint): void {
  const { cluster } = withLeader(boot, 'etcd remove member');
  if (!cluster.members.has(id))
    throw new RpcError('NotFound', `failed to remove member ${id}: etcdserver: member not found`);
  const removed = inEtcd(`failed to remove member: failed to remove member ${id}: `, () => cluster.remove(id));
  const machine = boot.machine.rack.find(({ address }) => address === removed.address);
  machine?.record('removed-from-etcd', { hostname: removed.name });
}

/** Leaves the cluster and deletes the data: the node could join or be bootstrapped again. */
function leave(boot: Boot): object {
  const { cluster, memberId } = withLeader(boot, 'etcd leave');
  inEtcd(`failed to leave cluster: failed to remove member ${memberId}: `, () => cluster.remove(memberId));
  if (boot.machine.ephemeral !== undefined) delete boot.machine.ephemeral.etcd;
  boot.machine.record('left-etcd', { hostname: boot.hostname });
  boot.machine.world.conditions.changed();
  return { messages: [{}] };
}

function inEtcd<Value>(prefix: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof EtcdError) throw new RpcError('Unknown', `${prefix}${error.message}`);
    throw error;
  }
}

import type { Finding } from '../../../run/findings.ts';
import { describeStatus } from '../../../checks/judge-health.ts';
import type { EtcdView } from '../../cluster/old-etcd.ts';

/**
 * A broken etcd forbids nothing, since it is wiped; but it may be that no snapshot can be saved, and
 * a person should know that.
 */
export function checkEtcd(planned: number, views: readonly EtcdView[]): Finding[] {
  return [
    ...checkAnswers(views),
    ...views.flatMap(({ node, status }) => {
      const wrong = status === undefined ? undefined : describeStatus(status);
      return wrong === undefined ? [] : [{ ...warning(`its etcd ${wrong}`), node }];
    }),
    ...checkMembers(planned, views),
    ...checkLeader(views),
  ];
}

function checkAnswers(views: readonly EtcdView[]): Finding[] {
  const silent = views.filter(({ members }) => members === undefined).map(({ node }) => node);
  return silent.length === 0 ? [] : [warning(`etcd of the old cluster does not answer on ${silent.join(', ')}`)];
}

function checkMembers(planned: number, views: readonly EtcdView[]): Finding[] {
  const lists = new Set(
    views.flatMap(({ members }) => {
      const names = members?.map(({ hostname }) => hostname);
      return names === undefined ? [] : [names.toSorted().join(', ')];
    }),
  );
  const [list] = lists;
  if (lists.size > 1) return [warning(`the old control planes disagree on etcd's members: ${[...lists].join(' / ')}`)];
  return list === undefined || list.split(', ').length === planned
    ? []
    : [warning(`etcd of the old cluster has the members ${list}, planned are ${planned}`)];
}

/** Two leaders are two clusters, or one that is falling apart. */
function checkLeader(views: readonly EtcdView[]): Finding[] {
  const names = new Map(views.flatMap(({ members }) => members ?? []).map(({ id, hostname }) => [id, hostname]));
  const seen = views.flatMap(({ node, status }) =>
    status?.leaderId === undefined ? [] : [{ node, id: status.leaderId }],
  );
  if (new Set(seen.map(({ id }) => id)).size <= 1) return [];
  const opinions = seen.map(({ node, id }) => `${node} follows ${names.get(id) ?? id}`);
  return [warning(`the old control planes disagree on etcd's leader: ${opinions.join(', ')}`)];
}

function warning(seen: string): Finding {
  return { severity: 'warning', seen, remedy: 'mend it first if you want an etcd snapshot that can be restored' };
}

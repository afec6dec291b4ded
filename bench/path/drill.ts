import type { Happening } from './happening.ts';
import type { NewCluster } from './new-cluster.ts';
import { type StateHistory, byMachine, byUs, missing } from './state-history.ts';

const healthy = ['Running, healthy'];

/**
 * The holder's reboot until it is a whole control plane again and another one has the VIP. Without a
 * drill: the whole cluster.
 */
export function drill(history: StateHistory, { whole, controlPlanes }: NewCluster): Happening {
  const since = Math.max(...whole.map(({ at }) => at));
  const complete: Happening = { machine: 'cluster', what: 'complete', at: since, after: whole, time: 'ours' };
  const firstWhole = Math.min(...controlPlanes.map(({ server }) => server.at));
  const rebooting = history.find(
    controlPlanes.map(({ name }) => name),
    'stage',
    ['rebooting'],
    firstWhole,
  );
  if (!rebooting) return complete;
  const { machine: holder, at } = rebooting;
  const others = controlPlanes.map(({ name }) => name).filter((name) => name !== holder);
  const rebooted = history.get([holder], 'stage', ['booting'], at);
  const milestones = [
    byMachine(rebooted, 'boots', []),
    byMachine(history.get(others, 'vip', ['held'], at), 'holds the VIP', []),
    byMachine(history.get([holder], 'api', ['configured'], rebooted.at), 'API', []),
    byMachine(history.get([holder], 'service/kubelet', healthy, rebooted.at), 'kubelet runs', []),
    byMachine(history.get([holder], 'service/etcd', healthy, rebooted.at), 'etcd healthy', []),
    byMachine(history.get([holder], 'apiserver', ['up'], rebooted.at), 'API server up', []),
  ];
  // Whether the node ever counted as not ready depends on how long it was away.
  const lost = history.find([holder], 'node', ['lost', 'not ready'], at);
  if (lost) {
    const back = history.find([holder], 'node', ['ready'], lost.at) ?? missing([holder], 'node ready after the drill');
    milestones.push(byMachine(back, 'node Ready', []));
  }
  // Nothing of ours lies between them: in the order in which they came, they are one piece of machine time.
  return milestones
    .toSorted((a, b) => a.at - b.at)
    .reduce<Happening>((before, next) => ({ ...next, after: [before] }), byUs(rebooting, 'reboot', [complete]));
}

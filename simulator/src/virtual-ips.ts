import type { Boot } from './boot.ts';
import { Ended } from './ended.ts';
import type { VirtualIp } from './machine-configuration.ts';
import type { Candidate, VipElection } from './vip-election.ts';

/** Campaigns for every virtual IP of the configuration, and begins anew when the configuration changes. */
export async function runVirtualIps(boot: Boot): Promise<void> {
  for (;;) {
    const { configuration } = boot;
    const end = new AbortController();
    const signal = AbortSignal.any([boot.userland, end.signal]);
    for (const vip of configuration?.virtualIps ?? []) boot.machine.task(campaign(boot, vip, signal));
    try {
      await boot.until(() => boot.configuration !== configuration, boot.userland);
    } finally {
      end.abort(new Ended('the configuration changed'));
    }
  }
}

async function campaign(boot: Boot, vip: VirtualIp, signal: AbortSignal): Promise<void> {
  const { clock } = boot.machine.world;
  for (;;) {
    const cluster = await boot.until(() => mayCampaign(boot, vip) && boot.etcd?.cluster, signal);
    const election = cluster.election(vip.address);
    election.resignFormer(boot.hostname, clock.now());
    const candidate = election.enter(boot.hostname, clock.now(), boot.machine.timings.vipLease);
    try {
      await first(boot, election, candidate, signal);
      if (mayHold(boot)) await hold(boot, vip, signal);
    } finally {
      // Deleting the key takes a write: without power or without quorum the lease has to run out.
      if (boot.signal.aborted || !cluster.hasQuorum) election.abandon(candidate, clock.now());
      else election.resign(candidate);
      boot.machine.world.conditions.changed();
    }
    await boot.pause('vipRetry', signal);
  }
}

function mayCampaign(boot: Boot, vip: VirtualIp): boolean {
  return boot.hasLink(vip.link) && boot.services.isHealthy('etcd') && boot.isKubeletRunning && mayHold(boot);
}

function mayHold(boot: Boot): boolean {
  return boot.etcd !== undefined && !boot.isTearingDownPods;
}

/** Waits until the candidate is first in the queue, or may not be any more. Leases of the dead end by themselves. */
async function first(boot: Boot, election: VipElection, candidate: Candidate, signal: AbortSignal): Promise<void> {
  const { clock } = boot.machine.world;
  const hasQuorum = () => boot.etcd?.cluster.hasQuorum === true;
  const isDecided = () => !mayHold(boot) || (hasQuorum() && election.first(clock.now()) === candidate);
  while (!isDecided()) {
    const end = new AbortController();
    const ended = AbortSignal.any([signal, end.signal]);
    const expiry = election.nextExpiry(clock.now());
    const waits: Promise<unknown>[] = [
      boot.until(() => isDecided() || election.nextExpiry(clock.now()) !== expiry, ended),
    ];
    if (expiry !== undefined) waits.push(clock.sleep(Math.max(0, expiry - clock.now()) + 1, ended));
    try {
      await Promise.race(waits);
    } finally {
      end.abort(new Ended('decided'));
      await Promise.allSettled(waits);
    }
  }
  await boot.pause('vipElection', signal);
}

/**
 * Has the address until pods are stopped, etcd stops, its session is lost, or the lease cannot be kept
 * alive for lack of a quorum.
 */
async function hold(boot: Boot, { address, link }: VirtualIp, signal: AbortSignal): Promise<void> {
  const { machine } = boot;
  boot.update(() => boot.virtualIps.set(address, link));
  machine.record('vip-acquired', { address, link });
  machine.world.journal.state(machine.name, 'vip', 'held');
  boot.log(`[talos] enabled shared IP {"link": "${link}", "ip": "${address}"}`);
  try {
    await boot.apiserver?.listenOn(address);
    const { resignations } = boot;
    const mustGo = (): boolean => !mayHold(boot) || boot.resignations > resignations;
    for (;;) {
      await boot.until(() => mustGo() || boot.etcd?.cluster.hasQuorum !== true, signal);
      if (mustGo() || !(await quorumReturns(boot, signal))) return;
    }
  } finally {
    boot.update(() => boot.virtualIps.delete(address));
    await boot.apiserver?.unlisten(address);
    machine.record('vip-released', { address });
    machine.world.journal.state(machine.name, 'vip', 'none');
    boot.log(`[talos] removing shared IP {"link": "${link}", "ip": "${address}"}`);
  }
}

async function quorumReturns(boot: Boot, signal: AbortSignal): Promise<boolean> {
  const end = new AbortController();
  const ended = AbortSignal.any([signal, end.signal]);
  const returned = boot.until(() => boot.etcd?.cluster.hasQuorum === true, ended).then(() => true);
  const closed = boot.pause('vipLease', ended).then(() => false);
  try {
    return await Promise.race([returned, closed]);
  } finally {
    end.abort(new Ended('decided'));
    await Promise.allSettled([returned, closed]);
  }
}

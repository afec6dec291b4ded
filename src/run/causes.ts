import type { FailureType } from './failure.ts';
import type { PhaseName } from './operations.ts';

/** What may be behind a failure, and what to do if it is so. */
export interface Cause {
  readonly cause: string;
  readonly remedy: string;
}

/** What a failure looks like from outside. */
export interface Symptom {
  readonly type: FailureType | undefined;
  readonly phase: PhaseName;
  /** The failure's message. */
  readonly seen: string;
}

interface KnownCause extends Cause {
  readonly types: readonly FailureType[];
  /** Absent: in every phase. */
  readonly phases?: readonly PhaseName[];
  /** Absent: whatever was seen. */
  readonly seen?: RegExp;
}

/** More would be a wall of text, which nobody reads at night. */
const atMost = 3;

/**
 * The likely causes of a failure, the likeliest first, at most three; none where nothing fits better than the remedy by
 * its type. They are what people who run Talos have met, each matched to its symptom.
 */
export function likelyCauses({ type, phase, seen }: Symptom): Cause[] {
  return knownCauses
    .filter(
      (known) =>
        type !== undefined &&
        known.types.includes(type) &&
        (known.phases?.includes(phase) ?? true) &&
        (known.seen?.test(seen) ?? true),
    )
    .slice(0, atMost)
    .map(({ cause, remedy }) => ({ cause, remedy }));
}

/** In one line: the cause, and what to do. */
export function describeCause({ cause, remedy }: Cause): string {
  return `${cause} → ${remedy}`;
}

const resets: readonly PhaseName[] = ['canary', 'reset'];

const anywhere: readonly KnownCause[] = [
  {
    types: ['CommandFailed', 'NotYet', 'BootstrapRefused'],
    seen: /time is not in sync|time sync/,
    cause: 'The machine does not know the time yet: a Raspberry Pi has no clock of its own',
    remedy: 'see that it reaches a time server (UDP port 123, `machine.time.servers`), give it a minute, then retry',
  },
  {
    types: ['CredentialsRefused'],
    seen: /client certificate|does not allow/,
    cause:
      'The talosconfig has another role than os:admin, or its client certificate has run out: it lives for one year',
    remedy: 'look with `talosctl config info`; make a new one on a control plane with `talosctl config new`',
  },
  {
    types: ['CredentialsRefused'],
    seen: /not under this talosconfig/,
    cause: 'The talosconfig is that of another cluster, or of this one before it was last built',
    remedy: 'name the right one as `talosconfig` in cluster.yaml, or put it into the set in use, then retry',
  },
  {
    types: ['WrongMachine'],
    seen: /another machine answers/,
    cause: 'The DHCP server gave the address to another machine, or two machines have swapped theirs',
    remedy: 'reserve the addresses by MAC, power-cycle the machines, then retry',
  },
  {
    types: ['WrongMachine'],
    seen: /serial|disk/i,
    cause: 'The board, the card or the disk was replaced since the plan was made',
    remedy:
      'answer amend: it shows the old and the new machine, and asks; before the first reset, abort and plan again',
  },
];

const resetting: readonly KnownCause[] = [
  {
    types: ['NodeUnreachable'],
    phases: resets,
    cause: 'It hangs while it shuts down or boots, as some boards and images do',
    remedy: 'look at its screen and take its power away for some seconds; then retry',
  },
  {
    types: ['NodeUnreachable'],
    phases: resets,
    cause: 'It is up, but at another address: with its configuration it has lost its static one and asks DHCP',
    remedy: 'look for its MAC in the DHCP server, reserve the planned address for it, power-cycle it, then retry',
  },
  {
    types: ['NodeUnreachable'],
    phases: resets,
    cause: 'It does not boot from its card or disk any more; a Raspberry Pi then shows “Firmware not found”',
    remedy: 'write the image of the same Talos version on it anew and boot it into maintenance mode',
  },
  {
    types: ['CommandFailed'],
    phases: resets,
    seen: /instead of in maintenance mode/,
    cause: 'A user volume that cannot be provisioned blocks a reset in Talos before v1.13.7',
    remedy: 'look at `talosctl get volumestatus` for an error, mend that volume, then retry',
  },
  {
    types: ['CommandFailed'],
    phases: resets,
    seen: /instead of in maintenance mode/,
    cause: 'A step of the reset failed for good, and the machine rebooted with its old configuration',
    remedy: 'look for “fatal sequencer error” in dmesg.txt of the evidence; a retry resets it once more',
  },
  {
    types: ['CommandFailed', 'NotYet'],
    phases: resets,
    seen: /locked|no reset had reached it/,
    cause: 'It was busy with something else, such as a boot or an upgrade; Talos then drops a reset without a word',
    remedy: 'wait until `talosctl get machinestatus` says that it is running, then retry',
  },
];

const joining: readonly KnownCause[] = [
  {
    types: ['NotYet', 'NodeUnreachable'],
    phases: ['bootstrap'],
    seen: /certificate of the new cluster/,
    cause: 'A worker gets its certificate from a control plane of the new cluster, so it waits until one runs',
    remedy: 'if this is a worker, bring a control plane on first, then retry',
  },
  {
    types: ['NotYet', 'NodeUnreachable'],
    phases: ['bootstrap'],
    seen: /certificate of the new cluster.*unreachable/,
    cause:
      'Its new configuration took its address away: a LinkConfig or DHCPv4Config document turns DHCP off on all other links',
    remedy:
      'look at its screen for the address that it has; the patches need each link, not only the one that is special',
  },
  {
    types: ['NotYet'],
    phases: ['bootstrap'],
    seen: /certificate of the new cluster.*unreachable/,
    cause: 'The DHCP server gives it another address now than in maintenance mode',
    remedy: 'reserve the planned address by its MAC, power-cycle it, then retry',
  },
  {
    types: ['NotYet'],
    phases: ['bootstrap'],
    seen: /Preparing|does not list it as a member/,
    cause: 'etcd waits for its address: none of the machine’s addresses fits, or the wrong one was chosen',
    remedy: 'look at `talosctl service etcd` for “Waiting for etcd spec” and set `cluster.etcd.advertisedSubnets`',
  },
  {
    types: ['NotYet'],
    phases: ['bootstrap'],
    seen: /Preparing|does not list it as a member/,
    cause: 'The image of etcd or kubelet is still being pulled, or cannot be',
    remedy: 'look for the registry’s name in dmesg.txt of the evidence; see that the machine reaches it, then retry',
  },
  {
    types: ['BootstrapRefused'],
    seen: /has data already|data directory is not empty/,
    cause: 'Somebody has bootstrapped it by hand, or its EPHEMERAL partition was not wiped',
    remedy: 'compare `talosctl etcd members` there with the plan: a second bootstrap would make a second cluster',
  },
];

const vipMissing = /no control plane has [\d.]+|is on no control plane/;

const proving: readonly KnownCause[] = [
  {
    types: ['ClusterUnhealthy', 'FailoverFailed'],
    seen: vipMissing,
    cause:
      'The link of the virtual IP has another name on the machines: Talos accepts a wrong one, and the address never appears',
    remedy: 'compare `talosctl get links` with `vip.link` in cluster.yaml',
  },
  {
    types: ['ClusterUnhealthy', 'FailoverFailed'],
    seen: vipMissing,
    cause: 'No control plane has a healthy etcd: only such a one takes the virtual IP',
    remedy: 'look at `talosctl service etcd` on each control plane',
  },
  {
    types: ['ClusterUnhealthy', 'FailoverFailed'],
    seen: /comes and goes|moves from one control plane to another/,
    cause:
      'The holder loses its session with etcd again and again: its disk or the network is too slow, or a control plane restarts in a loop',
    remedy:
      'look at `talosctl logs etcd` and at dmesg for “shared IP” on the control planes; retry once it stays on one',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /\(401\)/,
    cause: 'The clocks differ: to an API server whose clock is behind, the new client certificate is not valid yet',
    remedy: 'compare `talosctl time` on the control planes with the clock here',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /answered 403/,
    cause: 'A patch changes who may do what, so that not even the administrator may read (`cluster.apiServer`)',
    remedy: 'look for authorizationConfig and authorization flags in the patches, then answer amend',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /answered 429/,
    cause: 'kube-apiserver has more to do than it can: something in the cluster asks it without pause',
    remedy: 'look at `talosctl stats -k` on the control planes for what keeps them busy; give it a minute, then retry',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /has [\d.]+ on \S+, planned/,
    cause: 'The link was renamed, or a patch puts the virtual IP on another one',
    remedy: 'compare `talosctl get links` with `vip.link` and the patches',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /is not a planned member|is not a member/,
    cause: 'etcd holds a member from before under another name, which keeps the new one from joining for ever',
    remedy: 'look at `talosctl etcd members` and take the stale one out with `talosctl etcd remove-member`',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /is still a learner/,
    cause:
      'etcd makes a new member a voter only when it has caught up, one at a time; with slow cards this takes up to ten minutes',
    remedy: 'give it more time and retry; if nothing moves, look for a member that is not there any more',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /is a member twice|is not a planned node/,
    cause: 'Machines have a host name that is not theirs; an automatic one changes with every wipe',
    remedy: 'look at `talosctl get hostname` on each, and for a host name in the patches',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /known by the VIP/,
    cause: 'etcd has taken the virtual IP for the machine’s own address',
    remedy: 'set `cluster.etcd.advertisedSubnets` in a patch for the control planes, without the virtual IP',
  },
  {
    types: ['ClusterUnhealthy'],
    seen: /is not Ready|has not registered/,
    cause: 'The pod network is not up, or its images are still being pulled',
    remedy: 'look at the pods in kube-system, and at `talosctl logs kubelet` on the machine that is named',
  },
  {
    types: ['FailoverFailed'],
    seen: /did not move|did not answer through the VIP/,
    cause:
      'Before Talos v1.13.8 and v1.12.11 a candidate that is gone can hold the others up for the whole lease of 60 s',
    remedy: 'upgrade Talos, or allow more with `failover.budget`; the cluster itself is complete',
  },
  {
    types: ['FailoverFailed'],
    seen: /did not move|did not answer through the VIP/,
    cause: 'etcd was not healthy on the other control planes: only one with a healthy etcd takes the virtual IP',
    remedy: 'look at `talosctl service etcd` on each control plane, then retry the drill',
  },
  {
    types: ['KubernetesUnavailable'],
    phases: ['network', 'verify', 'failoverDrill'],
    cause: 'kube-apiserver is not up yet: the virtual IP answers before it does',
    remedy: 'look at `talosctl get staticpodstatus` on the control planes; give it a minute, then retry',
  },
];

const configuring: readonly KnownCause[] = [
  {
    types: ['ConfigurationRefused'],
    seen: /JSON ?6902|JSON patch/i,
    cause:
      'The patch is a JSON patch; Talos takes only strategic-merge patches for its configurations of several documents',
    remedy: 'write the same as a piece of configuration, then start again',
  },
  {
    types: ['ConfigurationRefused'],
    seen: /static hostname is already set|'auto' and 'hostname'/,
    cause: 'A patch sets a host name, which this tool sets by itself from `nodes[].name`',
    remedy: 'take `machine.network.hostname` and `HostnameConfig` out of the patches, then start again',
  },
];

const knownCauses: readonly KnownCause[] = [...anywhere, ...resetting, ...joining, ...proving, ...configuring];

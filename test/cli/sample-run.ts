import type { ApprovalGate, FailureGate } from '../../src/run/gates.ts';
import { phasesOf } from '../../src/run/operations.ts';
import type { RebuildPlan, PlannedNode } from '../../src/run/plan/plan.ts';
import type { Progress } from '../../src/run/progress.ts';
import { plain } from '../../src/cli/screen/paint.ts';
import type { View } from '../../src/cli/screen/view.ts';

export const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

export const view: View = {
  width: 120,
  paint: plain,
  now: new Date('2026-11-22T12:10:00.000Z'),
  invocation: { program: 'talos-rebuild', target: '--cluster home/cluster.yaml' },
};

function node(name: string, role: 'controlplane' | 'worker', address: string): PlannedNode {
  return {
    name,
    role,
    address,
    maintenanceAddress: address,
    link: 'end0',
    identity: { macs: ['d8:3a:dd:00:00:01'], serial: 'S1', uuid: 'u1' },
    reset: 'wipe',
    runsUnder: '2026-01-01',
    runsAs: role,
    configurationSha256: 'ab'.repeat(32),
    storage: { volumes: [], unreadable: [] },
    mayLose: { unreadableVolumes: [] },
    timeouts: { resetMs: 1, applyMs: 1, bootstrapMs: 1, verifyMs: 1 },
  };
}

export const plan: RebuildPlan = {
  operation: 'rebuild',
  digest,
  consequences: ['Everything in etcd is lost.', 'The USB disk of pi-11 stays as it is.'],
  losses: {
    lost: ['Everything in etcd is lost.'],
    kept: ['pi-11: usb-storage: /dev/sda1: kept, mounted by ExistingVolumeConfig usb-storage'],
    machines: [
      {
        name: 'pi-11',
        role: 'controlplane',
        address: '192.168.1.11',
        scope: 'wiped',
        sentence: 'STATE and EPHEMERAL are wiped; META, EFI and the 1 TB USB disk stay',
        isSpecial: true,
        volumes: ['ExistingVolumeConfig usb-storage: matches /dev/sda1; it stays as it is'],
      },
      {
        name: 'pi-14',
        role: 'worker',
        address: '192.168.1.14',
        scope: 'wiped',
        sentence: 'STATE and EPHEMERAL are wiped; META and EFI stay',
        isSpecial: false,
        volumes: [],
      },
    ],
  },
  dropped: [{ path: 'machine.sysctls.vm.swappiness', value: '1', nodes: ['pi-11', 'pi-14'] }],
  droppedCount: 1,
  findings: [],
  diffs: { 'pi-11': 'diffs/pi-11.diff' },
  plan: {
    version: 1,
    cluster: 'home',
    endpoint: 'https://192.168.1.10:6443',
    vip: { address: '192.168.1.10', link: 'end0' },
    talosVersion: 'v1.13.9',
    kubernetesVersion: '1.36.0',
    secrets: 'new',
    set: '2026-11-22',
    secretsSha256: 'cd'.repeat(32),
    nodes: [node('pi-11', 'controlplane', '192.168.1.11'), node('pi-14', 'worker', '192.168.1.14')],
    order: { canary: 'pi-14', workers: [], controlPlanes: ['pi-11'] },
    afterBootstrap: { manifests: [], commands: [] },
    mergesInto: [],
    dropped: [],
    failoverBudgetMs: 60_000,
    approval: { before: ['reset'], expiresMs: 86_400_000, remindEveryMs: 3_600_000 },
  },
};

export const approvalGate: ApprovalGate = {
  kind: 'approval',
  consequences: ['Everything in etcd is lost.'],
  id: 'approval',
  nonce: 'nonce-1',
  phase: 'approval',
  openedAt: '2026-11-22T12:05:00.000Z',
  title: 'Approve the rebuild of home',
  digest,
  deadline: '2026-11-23T12:05:00.000Z',
};

export const failureGate: FailureGate = {
  kind: 'failure',
  id: 'reset/pi-11',
  nonce: 'nonce-2',
  phase: 'reset',
  openedAt: '2026-11-22T12:09:00.000Z',
  title: 'Reset of pi-11 did not succeed',
  node: 'pi-11',
  seen: 'pi-11: not in maintenance mode after 15 min; it was last seen rebooting.',
  remedy: 'Look at the machine: power, network cable, console.',
  choices: ['retry', 'abort'],
};

/** A rebuild in its first minutes: two phases done, the third under way. */
export const running: Progress = {
  version: 1,
  operation: 'rebuild',
  onlyPlan: false,
  cluster: 'home',
  workflowId: 'talos/home',
  runId: 'run-1',
  requestedBy: 'anna@laptop',
  startedAt: '2026-11-22T12:00:00.000Z',
  phases: phasesOf('rebuild').map((name, at) => ({
    name,
    state: at < 2 ? ('done' as const) : at === 2 ? ('running' as const) : ('waiting' as const),
    ...(at <= 2 ? { startedAt: `2026-11-22T12:0${at}:00.000Z` } : {}),
    ...(at < 2 ? { endedAt: `2026-11-22T12:0${at + 1}:00.000Z` } : {}),
  })),
  nodes: [
    {
      name: 'pi-11',
      role: 'controlplane',
      address: '192.168.1.11',
      stage: 'resetting',
      since: '2026-11-22T12:09:30.000Z',
    },
    { name: 'pi-14', role: 'worker', address: '192.168.1.14', stage: 'maintenance', since: '2026-11-22T12:09:00.000Z' },
  ],
  gates: [],
  approvals: [],
  findings: [],
  remarks: [],
};

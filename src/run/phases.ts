/** One phase of a run, for people. */
export interface Phase {
  readonly title: string;
  /** What happens in it, in words that follow its title. */
  readonly does: string;
  /** What the runbook that this program replaces gives a person for it. */
  readonly runbookMinutes?: number;
}

/** The phases that operations share, each under one name and title wherever it occurs. */
export const phases = {
  preflight: { title: 'Preflight', does: 'look at every machine and tool' },
  generate: { title: 'Generate', does: 'draw secrets and write one configuration per machine', runbookMinutes: 5 },
  plan: { title: 'Plan', does: 'write down what will be wiped, kept and rebooted', runbookMinutes: 5 },
  approval: { title: 'Approval', does: 'ask a person' },
  backUp: { title: 'Back up', does: 'save configurations, credentials and etcd', runbookMinutes: 5 },
  canary: { title: 'Canary', does: 'reset one machine and see it come back' },
  reset: { title: 'Reset', does: 'wipe STATE and EPHEMERAL of every machine', runbookMinutes: 10 },
  bootstrap: {
    title: 'Apply and bootstrap',
    does: 'apply the configurations, bootstrap one control plane',
    runbookMinutes: 5,
  },
  network: { title: 'Network', does: 'install the pod network' },
  verify: { title: 'Verify', does: 'prove etcd, nodes, VIP and credentials', runbookMinutes: 5 },
  failoverDrill: { title: 'Failover drill', does: "reboot the VIP's holder and measure the gap", runbookMinutes: 10 },
  finalize: { title: 'Finalize', does: 'promote the new set', runbookMinutes: 5 },
} as const satisfies Record<string, Phase>;

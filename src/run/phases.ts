/** The phases of a rebuild, in order, with the time that the runbook gives a person for each (minutes). */
export const phases = {
  preflight: { title: 'Preflight', does: 'look at every machine and tool', runbookMinutes: undefined },
  generate: { title: 'Generate', does: 'draw secrets and write one configuration per machine', runbookMinutes: 5 },
  plan: { title: 'Plan', does: 'write down what will be wiped, kept and rebooted', runbookMinutes: 5 },
  approval: { title: 'Approval', does: 'ask a person', runbookMinutes: undefined },
  backUp: { title: 'Back up', does: 'save configurations, credentials and etcd', runbookMinutes: 5 },
  canary: { title: 'Canary', does: 'reset one machine and see it come back', runbookMinutes: undefined },
  reset: { title: 'Reset', does: 'wipe STATE and EPHEMERAL of every machine', runbookMinutes: 10 },
  bootstrap: {
    title: 'Apply and bootstrap',
    does: 'apply the configurations, bootstrap one control plane',
    runbookMinutes: 5,
  },
  network: { title: 'Network', does: 'install the pod network', runbookMinutes: undefined },
  verify: { title: 'Verify', does: 'prove etcd, nodes, VIP and credentials', runbookMinutes: 5 },
  failoverDrill: { title: 'Failover drill', does: "reboot the VIP's holder and measure the gap", runbookMinutes: 10 },
  finalize: { title: 'Finalize', does: 'promote the new set', runbookMinutes: 5 },
} as const satisfies Record<string, { title: string; does: string; runbookMinutes: number | undefined }>;

export type PhaseName = keyof typeof phases;

export const phaseNames = Object.keys(phases) as PhaseName[];

/**
 * How long things take, in simulated milliseconds. The defaults are those of a Raspberry Pi 4 that boots
 * from an SD card: no kexec (each reboot is a full firmware boot) and no clock of its own (time has to be
 * fetched after each boot).
 */
export interface Timings {
  /** From power to the first Talos process: firmware, u-boot, kernel. */
  boot: number;
  /** From the first Talos process to an answer of the maintenance API. */
  maintenanceApi: number;
  /** From the first Talos process to an answer of the API of a control plane that is configured. */
  configuredApi: number;
  /** From an accepted configuration in maintenance mode to an answer of the API with the new certificates. */
  apiRestart: number;
  /** How long the maintenance API still answers after the configuration was accepted. */
  maintenanceApiEnd: number;
  /** From the control plane's API to its trustd, which signs certificates for workers. */
  trustd: number;
  /** A worker's request for its certificate. */
  certificateRequest: number;
  /** Checking and writing a configuration that was sent. */
  applyConfiguration: number;
  /** Writing Talos to a disk that does not hold it. */
  install: number;
  /** From the network to a clock that is in sync. */
  timeSync: number;
  /** From the configuration to a running CRI: mounting, formatting what is new. */
  cri: number;
  /** Pulling an image that is not there: after the first boot with a fresh EPHEMERAL partition. */
  imagePull: number;
  kubelet: number;
  /** From the start of etcd to its first answer. */
  etcdStart: number;
  /** From etcd's first answer to the check that finds it healthy. */
  etcdHealthCheck: number;
  /** Between two attempts to join an etcd cluster. */
  etcdJoinRetry: number;
  /** Between two attempts to make a learner a voter. */
  etcdPromoteRetry: number;
  /** From the loss of etcd's leader to a new one. */
  etcdElection: number;
  /** Between two attempts to leave etcd in a graceful reset. */
  etcdLeaveRetry: number;
  /** After that time an etcd that cannot be left ends a graceful reset. */
  etcdLeaveTimeout: number;
  kubeApiserver: number;
  /** From a running kubelet that reaches an API server to its registered node. */
  nodeRegister: number;
  /** From registration to Ready, where the pod network is there. */
  nodeReady: number;
  /** Without a word from the kubelet for so long, its node is no longer Ready. */
  nodeMonitorGrace: number;
  /** Time to live of the lease under which a control plane holds the virtual IP. */
  vipLease: number;
  /** A round trip of the election: the next one in the queue assigns the address. */
  vipElection: number;
  vipRetry: number;
  drain: number;
  stopPods: number;
  stopServices: number;
  /** From the order to stop everything to the end of the API. */
  stopApi: number;
  wipe: number;
  sync: number;
  /** A fatal sequencer error is shown for so long before the machine reboots. */
  fatalPause: number;
  /** How long a bootstrap waits for time to be in sync before it refuses. */
  bootstrapTimeWait: number;
  /** How long a member of the discovery service is still listed after it was last heard of. */
  discoveryTtl: number;
}

export const raspberryPi: Timings = {
  boot: 35_000,
  maintenanceApi: 6_000,
  configuredApi: 6_000,
  apiRestart: 4_000,
  maintenanceApiEnd: 300,
  trustd: 500,
  certificateRequest: 500,
  applyConfiguration: 200,
  install: 60_000,
  timeSync: 8_000,
  cri: 4_000,
  imagePull: 15_000,
  kubelet: 4_000,
  etcdStart: 2_000,
  etcdHealthCheck: 5_000,
  etcdJoinRetry: 3_000,
  etcdPromoteRetry: 15_000,
  etcdElection: 1_200,
  etcdLeaveRetry: 10_000,
  etcdLeaveTimeout: 300_000,
  kubeApiserver: 15_000,
  nodeRegister: 2_000,
  nodeReady: 8_000,
  nodeMonitorGrace: 50_000,
  vipLease: 60_000,
  vipElection: 100,
  vipRetry: 1_000,
  drain: 10_000,
  stopPods: 4_000,
  stopServices: 5_000,
  stopApi: 500,
  wipe: 4_000,
  sync: 1_000,
  fatalPause: 10_000,
  bootstrapTimeWait: 5_000,
  discoveryTtl: 1_800_000,
};

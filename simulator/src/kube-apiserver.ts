import type { Boot } from './boot.ts';
import { CertificateAuthority, type KeyPair } from './certificates.ts';
import { DroppedConnection, type PassingCall } from './faults.ts';
import { createKubernetesApi, type ReceivedRequest } from './kubernetes/api.ts';

const port = 6443;

/**
 * A control plane's kube-apiserver: up while its etcd is, on the machine's address and on the
 * virtual IPs that it holds.
 */
export async function runKubeApiserver(boot: Boot, skipTo?: 'running'): Promise<void> {
  const { machine, userland } = boot;
  const { journal } = machine.world;
  for (let isFirst = true; ; isFirst = false) {
    const cluster = await boot.until(
      () => boot.isKubeletRunning && boot.services.isHealthy('etcd') && boot.etcd?.cluster,
      userland,
    );
    if (skipTo === undefined || !isFirst) await boot.pause('kubeApiserver', userland);
    const { configuration } = boot;
    if (configuration === undefined) return;
    const api = createKubernetesApi({
      store: cluster.store,
      serving: await servingCertificate(boot),
      clientCa: configuration.cluster.ca.certificate,
      version: configuration.kubernetesVersion,
      onRequest: (request) => receive(boot, request),
      onAnswer: (request) => machine.world.faults.act({ ...passing(boot, request), phase: 'after' }, boot.signal),
    });
    try {
      userland.throwIfAborted();
      await api.listen(machine.address, port);
      for (const address of boot.virtualIps.keys()) await api.listen(address, port);
      boot.update(() => {
        boot.apiserver = {
          listenOn: (address) => api.listen(address, port),
          unlisten: (address) => api.unlisten(address),
        };
      });
      journal.state(machine.name, 'apiserver', 'up');
      await boot.until(() => boot.isTearingDownPods || boot.etcd?.cluster !== cluster, userland);
    } finally {
      boot.update(() => (boot.apiserver = undefined));
      journal.state(machine.name, 'apiserver', 'down');
      await api.close();
    }
    await boot.until(() => !boot.isTearingDownPods, userland);
  }
}

/** Records the request, lets faults act, and holds it up while etcd cannot serve. Rejects to drop the connection. */
async function receive(boot: Boot, request: ReceivedRequest): Promise<void> {
  const { machine } = boot;
  const { faults, journal } = machine.world;
  const call = passing(boot, request);
  journal.record({ ...call, kind: 'request', role: request.user });
  await faults.act({ ...call, phase: 'before' }, boot.signal);
  if (boot.etcd?.cluster.hasQuorum === true) return;
  const end = new AbortController();
  const signal = AbortSignal.any([boot.signal, end.signal]);
  const served = boot.until(() => boot.etcd?.cluster.hasQuorum === true, signal);
  const timeout = machine.world.clock.sleep(60_000, signal).then(() => {
    throw new DroppedConnection('etcd has no leader');
  });
  try {
    await Promise.race([served, timeout]);
  } finally {
    end.abort();
    await Promise.allSettled([served, timeout]);
  }
}

/** As the journal and faults name it. */
function passing({ machine }: Boot, { method, path }: ReceivedRequest): Omit<PassingCall, 'phase'> {
  return { machine: machine.name, method: `kubernetes:${method}`, args: { path } };
}

async function servingCertificate(boot: Boot): Promise<KeyPair> {
  const { machine, configuration, hostname } = boot;
  if (configuration === undefined) throw new Error('a kube-apiserver needs a configuration');
  const { cluster } = configuration;
  const ca = await CertificateAuthority.from(cluster.ca);
  const names = [
    cluster.endpointHost,
    ...cluster.apiServerCertSans,
    hostname,
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${cluster.dnsDomain}`,
    'localhost',
  ];
  const isAddress = (name: string) => /^[\d.]+$|:/.test(name);
  return ca.issue({
    usage: 'server',
    commonName: 'kube-apiserver',
    organizations: ['kube-master'],
    dnsNames: [...new Set(names.filter((name) => name !== '' && !isAddress(name)))],
    addresses: [...new Set([...names.filter(isAddress), machine.address, '127.0.0.1', '10.96.0.1'])],
    validForMs: 365 * 86_400_000,
  });
}

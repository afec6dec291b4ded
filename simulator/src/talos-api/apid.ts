import type { Boot } from '../boot.ts';
import { CertificateAuthority } from '../certificates.ts';
import { ApiListener } from './api-listener.ts';
import { invoke } from './invoke.ts';
import { route } from './routing.ts';

const maintenanceName = 'maintenance-service.talos.dev';

/**
 * Opens port 50000 as maintenance mode does: a certificate of its own that nobody can check, and everyone is a reader.
 */
export async function openMaintenanceApi(boot: Boot): Promise<void> {
  const { address } = boot;
  if (address === undefined) return;
  const ca = await CertificateAuthority.anonymous();
  const serving = await ca.issue({
    usage: 'server',
    commonName: maintenanceName,
    addresses: [address, '127.0.0.1'],
    dnsNames: [boot.hostname],
  });
  await open(boot, 'maintenance', () =>
    ApiListener.open({
      address,
      serving,
      clientCa: undefined,
      answer: (call, roles) => invoke(boot, call, roles),
    }),
  );
}

/**
 * Opens port 50000 with a certificate of the cluster. A control plane signs it itself; a worker has to wait for the
 * trustd of a control plane that has the same CA, and its port stays closed until then.
 */
export async function openConfiguredApi(boot: Boot, skipTo?: 'running'): Promise<void> {
  const { machine, configuration } = boot;
  if (configuration === undefined) return;
  const hadMaintenanceApi = boot.services.get('apid') !== undefined;
  if (skipTo === undefined) await boot.pause(hadMaintenanceApi ? 'apiRestart' : 'configuredApi');
  let signer = boot;
  if (!boot.isControlPlane) {
    signer = await boot.until(() => trustd(boot));
    if (skipTo === undefined) await boot.pause('certificateRequest');
  }
  const pair = signer.configuration?.machineCa;
  if (pair?.key === undefined) return;
  const ca = await CertificateAuthority.from({ certificate: pair.certificate, key: pair.key });
  const isAddress = (name: string) => /^[\d.]+$|:/.test(name);
  const serving = await ca.issue({
    usage: 'server',
    commonName: boot.hostname,
    addresses: [...new Set([machine.address, '127.0.0.1', ...configuration.machineCertSans.filter(isAddress)])],
    dnsNames: [boot.hostname, ...configuration.machineCertSans.filter((name) => !isAddress(name))],
  });
  await open(boot, 'configured', () =>
    ApiListener.open({
      address: machine.address,
      serving,
      clientCa: configuration.machineCa.certificate,
      answer: (call, roles) => route(boot, call, roles),
    }),
  );
}

async function open(boot: Boot, mode: string, listen: () => Promise<ApiListener>): Promise<void> {
  const { machine } = boot;
  boot.signal.throwIfAborted();
  const api = await listen();
  if (boot.userland.aborted) {
    api.destroy();
    return;
  }
  boot.services.run('apid', true);
  boot.update(() => (boot.api = api));
  machine.world.journal.state(machine.name, 'api', mode);
  api.closed.addEventListener('abort', () => {
    if (boot.api !== api) return;
    boot.services.stop('apid');
    boot.update(() => (boot.api = undefined));
    machine.world.journal.state(machine.name, 'api', 'closed');
  });
}

/** A running trustd of this node's cluster. */
function trustd(boot: Boot): Boot | undefined {
  const ca = boot.configuration?.machineCa.certificate;
  return boot.machine.rack
    .map((machine) => machine.boot)
    .find((other) => other?.isTrustdRunning === true && other.configuration?.machineCa.certificate === ca);
}

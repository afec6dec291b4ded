import { clusterChecks, type CheckedNode } from './health-checks.ts';
import { assertControlPlane } from './control-plane.ts';
import { serverStream, type CallContext, type Method } from './methods.ts';
import { RpcError } from './rpc-error.ts';

interface HealthCheckRequest {
  waitTimeout: { seconds: string } | null;
  clusterInfo: { controlPlaneNodes: string[]; workerNodes: string[]; forceEndpoint: string } | null;
}

export const clusterMethods: [string, Method][] = [
  serverStream<HealthCheckRequest>(
    { path: '/cluster.ClusterService/HealthCheck', request: 'HealthCheckRequest', response: 'HealthCheckProgress' },
    healthCheck,
  ),
];

/**
 * Goes through the checks one after the other, each until it passes; the time of all of them is limited by the request.
 */
async function* healthCheck({ boot, signal }: CallContext, request: HealthCheckRequest): AsyncGenerator<object> {
  assertControlPlane(boot, 'cluster health check');
  const { machine } = boot;
  const { clock, discovery } = machine.world;
  const deadline = Date.now() + Number(request.waitTimeout?.seconds ?? 1200) * 1000;
  const named = [
    ...(request.clusterInfo?.controlPlaneNodes ?? []).map((address): CheckedNode => ({
      address,
      isControlPlane: true,
    })),
    ...(request.clusterInfo?.workerNodes ?? []).map((address): CheckedNode => ({ address, isControlPlane: false })),
  ];
  const discovered = discovery
    .members(boot.configuration?.cluster.id ?? '')
    .map(({ address, machineType }): CheckedNode => ({ address, isControlPlane: machineType === 'controlplane' }));
  const endpoint = /^(?:https:\/\/)?([^:/]+)/.exec(request.clusterInfo?.forceEndpoint ?? '')?.[1];
  const nodes = named.length > 0 ? named : discovered;
  yield { message: `discovered nodes: [${nodes.map(({ address }) => JSON.stringify(address)).join(' ')}]` };
  for (const { name, check } of clusterChecks) {
    let last = '...';
    yield { message: `waiting for ${name}: ...` };
    for (;;) {
      const problem = check({ boot, nodes, endpoint });
      const line = problem ?? 'OK';
      if (line !== last) yield { message: `waiting for ${name}: ${line}` };
      last = line;
      if (problem === undefined || problem === 'SKIP') break;
      if (Date.now() > deadline) throw new RpcError('DeadlineExceeded', 'context deadline exceeded');
      await clock.sleep(1000, signal);
    }
  }
}

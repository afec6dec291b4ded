import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readNodes } from '../../src/kubernetes/nodes.ts';
import { startCluster } from '../../simulator/test/simulated-cluster.ts';

describe('readNodes', () => {
  test('tells of each node whether it is ready, and if not, why', async (t) => {
    const { store, kubeconfig } = await startCluster(t);
    const kubeletVersion = 'v1.36.0';
    store.setNode('pi-14', { ready: false, role: 'worker', internalIp: '10.5.0.14', kubeletVersion });
    store.setNode('pi-11', { ready: true, role: 'controlplane', internalIp: '10.5.0.11', kubeletVersion });
    store.setNode('pi-12', { ready: false, lost: true, role: 'controlplane', internalIp: '10.5.0.12', kubeletVersion });

    const nodes = await readNodes({ kubeconfig });
    assert.deepEqual(
      nodes.map(({ reason: _, ...rest }) => rest),
      [
        { name: 'pi-11', ready: true, role: 'controlplane', internalIp: '10.5.0.11', kubeletVersion },
        { name: 'pi-12', ready: false, role: 'controlplane', internalIp: '10.5.0.12', kubeletVersion },
        { name: 'pi-14', ready: false, role: 'worker', internalIp: '10.5.0.14', kubeletVersion },
      ],
    );
    assert.equal(nodes[0]?.reason, '');
    assert.equal(nodes[1]?.reason, 'NodeStatusUnknown: Kubelet stopped posting node status.');
    assert.match(nodes[2]?.reason ?? '', /^KubeletNotReady: container runtime network not ready/);
  });

  test('knows a cluster without nodes', async (t) => {
    const { kubeconfig } = await startCluster(t);
    assert.deepEqual(await readNodes({ kubeconfig }), []);
  });
});

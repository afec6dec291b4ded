import { stringify } from 'yaml';

/** A cluster.yaml of three control planes and otherwise workers, on loopback addresses. */
export function clusterFile(nodes: number, name: string, prefix: string, folder: string): string {
  const vip = `${prefix}.10`;
  const names = Array.from({ length: nodes }, (_, index) => (index < 3 ? `cp-${index + 1}` : `w-${index - 2}`));
  return stringify({
    name,
    endpoint: `https://${vip}:6443`,
    vip: { address: vip, link: 'end0' },
    talos: {
      version: 'v1.13.9',
      installDisk: '/dev/mmcblk0',
      installImage: 'ghcr.io/siderolabs/installer:v1.13.9',
    },
    kubernetes: { version: '1.36.0' },
    folder,
    secrets: 'new',
    nodes: names.map((node, index) => ({
      name: node,
      role: node.startsWith('cp') ? 'controlplane' : 'worker',
      address: `${prefix}.${index + 11}`,
    })),
  });
}

export { rebuildCluster } from './rebuild-cluster.ts';
export { rebuildNode } from './rebuild-node.ts';

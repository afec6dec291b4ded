/** A workflow with a defect: what it throws is none of the failures that end a workflow on purpose. */
export async function rebuildCluster(): Promise<never> {
  throw new TypeError('cannot read properties of undefined');
}

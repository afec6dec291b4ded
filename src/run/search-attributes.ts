/**
 * Search attributes by which runs are found in the Web UI. They must exist on the server before a run starts: an
 * unknown one blocks a workflow for ever.
 */
export const searchAttributeTypes = {
  TalosCluster: 'KEYWORD',
  TalosPhase: 'KEYWORD',
  TalosNeedsPerson: 'BOOL',
} as const;

export type SearchAttributeName = keyof typeof searchAttributeTypes;

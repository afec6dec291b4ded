/** One kind of object that the API server serves, under one group and version. */
export interface ResourceKind {
  group: string;
  version: string;
  /** The plural name in paths. */
  resource: string;
  singular: string;
  kind: string;
  /** Whether it comes from a CustomResourceDefinition. */
  isCustom: boolean;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
  subresources: ('status' | 'scale')[];
}

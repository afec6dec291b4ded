import type { Boot } from '../boot.ts';

/** A resource as a part of the machine's state yields it. */
export interface Described {
  namespace: string;
  id: string;
  /** Becomes the YAML that the table, JSON and YAML outputs are made of. */
  spec: unknown;
  /** That YAML, where it was made beforehand. */
  yaml?: string;
  /** Bytes for clients that read the type itself. */
  proto?: Uint8Array;
  owner?: string;
  annotations?: Record<string, string>;
}

/** What there is of one type at this moment. */
export type Describe = (boot: Boot) => Described[];

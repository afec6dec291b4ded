import type { Boot } from '../boot.ts';
import { RpcError } from './rpc-error.ts';

/** Refuses what only a control plane can do, in Talos's words. */
export function assertControlPlane(boot: Boot, what: string): void {
  if (boot.isInMaintenance) throw new RpcError('Unimplemented', `machine type is not set, cannot use ${what} API`);
  if (!boot.isControlPlane) throw new RpcError('Unimplemented', `${what} is only available on control plane nodes`);
}

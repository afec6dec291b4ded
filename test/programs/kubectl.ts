import { findKubectl } from '../../scripts/kubectl.ts';
import { handedOver } from './handed-over.ts';

/** Path of the real kubectl, which only tests need. */
export const kubectl: string = await handedOver('TALOS_REBUILD_TEST_KUBECTL', async (report) =>
  findKubectl({ install: true, report }),
);

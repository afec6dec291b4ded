import { findTemporal } from '../../src/tools/temporal.ts';
import { handedOver } from './handed-over.ts';

/** Path of the real Temporal CLI, with its development server. */
export const temporal: string = await handedOver('TALOS_REBUILD_TEMPORAL', async (report) =>
  findTemporal({ install: true, report }),
);

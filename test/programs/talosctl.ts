import { findTalosctl } from '../../src/tools/talosctl.ts';
import { handedOver } from './handed-over.ts';

/** Path of the real talosctl. */
export const talosctl: string = await handedOver('TALOS_REBUILD_TALOSCTL', async (report) =>
  findTalosctl({ minor: '1.13', install: true, report }),
);

import { observeNode } from '../src/talos/probe.ts';
import { runTalosctl } from '../src/talos/talosctl.ts';
import type { Stage } from './stage.ts';

/**
 * What this computer takes for the things that a rebuild does all the time, in ms: by these, figures of two
 * computers can be compared.
 */
export interface MachineCosts {
  readonly talosctlStartMs: number;
  /** One TLS handshake with a simulated machine that has a configuration. */
  readonly handshakeMs: number;
  /** A question to the Temporal server and its answer. */
  readonly serverRoundTripMs: number;
}

const times = 15;

/** Measured when the rebuild is over, one after the other. */
export async function measureCosts({ talosctl, definition, temporal }: Stage): Promise<MachineCosts> {
  const address = definition.nodes[0]?.address ?? '';
  return {
    talosctlStartMs: await median(() =>
      runTalosctl({ binary: talosctl }, ['version', '--client', '--short'], { timeoutMs: 30_000 }),
    ),
    handshakeMs: await median(() => observeNode(address, [])),
    serverRoundTripMs: await median(() => temporal.client.workflowService.getSystemInfo({})),
  };
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const begunAt = performance.now();
    await work();
    took.push(performance.now() - begunAt);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN;
}

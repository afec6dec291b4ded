import type { Boot } from './boot.ts';

/** Makes the node known to its cluster as long as it runs. */
export async function announce(boot: Boot): Promise<void> {
  const { machine } = boot;
  const { clock, discovery } = machine.world;
  const ttlMs = machine.timings.discoveryTtl;
  for (;;) {
    const { configuration } = boot;
    if (configuration?.cluster.discoveryEnabled === true) {
      discovery.announce(
        configuration.cluster.id,
        {
          nodeId: boot.nodeId,
          hostname: boot.hostname,
          address: machine.address,
          machineType: configuration.type,
          operatingSystem: `Talos (${machine.talosVersion})`,
        },
        ttlMs,
      );
      machine.world.conditions.changed();
    }
    await clock.sleep(ttlMs / 4, boot.signal);
  }
}

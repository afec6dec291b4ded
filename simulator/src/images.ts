import type { Boot } from './boot.ts';

/** Container images are kept on EPHEMERAL: they are pulled once after it was made anew. */
export async function pullImages(boot: Boot, signal: AbortSignal): Promise<void> {
  const { ephemeral } = boot.machine;
  if (ephemeral?.imagesPulled === true) return;
  await boot.pause('imagePull', signal);
  if (ephemeral !== undefined) ephemeral.imagesPulled = true;
}

/** A signal that fires at the first Ctrl-C or SIGTERM. A second one ends the process as it would have without us. */
export function onInterrupt(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = (): void => {
    release();
    controller.abort();
  };
  const release = (): void => {
    process.removeListener('SIGINT', abort);
    process.removeListener('SIGTERM', abort);
  };
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  return { signal: controller.signal, release };
}

/**
 * How the parts of the lab wait for each other: a part that changes something calls `changed()`, a part that needs
 * something waits with `until`. Predicates are cheap and look at the state itself, so no change is ever missed.
 */
export class Conditions {
  readonly #checks = new Set<() => void>();
  #scheduled = false;

  /** Something in the lab is different now. Waiters are told once for many changes of the same moment. */
  changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const check of this.#checks) check();
    });
  }

  /** Calls `listener` after every change until the signal is aborted. */
  observe(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#checks.add(listener);
    signal.addEventListener('abort', () => this.#checks.delete(listener), { once: true });
  }

  /** Resolves with the first value of `look` that is neither undefined nor false; rejects with the signal's reason. */
  until<Value>(look: () => Value | undefined | false, signal: AbortSignal): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const end = () => {
        this.#checks.delete(check);
        signal.removeEventListener('abort', abort);
      };
      const abort = () => {
        end();
        reject(signal.reason);
      };
      const check = () => {
        const value = look();
        if (value === undefined || value === false) return;
        end();
        resolve(value);
      };
      this.#checks.add(check);
      signal.addEventListener('abort', abort, { once: true });
      check();
    });
  }
}

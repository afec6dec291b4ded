/** What was started, ended in the opposite order. */
export class CleanUp {
  readonly #endings: (() => Promise<void> | void)[] = [];

  add(end: () => Promise<void> | void): void {
    this.#endings.push(end);
  }

  /** Ends everything, though ending one thing fails; may be called twice. */
  async run(): Promise<void> {
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) {
      try {
        await end();
      } catch (error) {
        process.stderr.write(`while cleaning up: ${String(error)}\n`);
      }
    }
  }
}

/** A program that talos-rebuild starts: where it is, which version it said it is, and how it was come by. */
export interface Tool {
  readonly path: string;
  /** As the program itself says, without a leading v: `1.13.0`. */
  readonly version: string;
  readonly source: 'setting' | 'path' | 'cache' | 'release' | 'built';
}

/** Takes one line for the person who waits, without a line end. */
export type Report = (line: string) => void;

/** No usable program was found or made. The message is for people: what was tried, and what to install. */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing';
}

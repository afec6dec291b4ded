import { setMaxListeners } from 'node:events';

/** The error of everything that ends because its machine does, or because it was told to. Not a defect. */
export class Ended extends Error {}

export function isEnd(error: unknown): boolean {
  return error instanceof Ended || (error instanceof Error && error.name === 'AbortError');
}

/** A controller for the end of something that many others wait for. */
export function newEnd(): AbortController {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  return end;
}

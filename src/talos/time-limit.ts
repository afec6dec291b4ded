/**
 * Aborts after `timeoutMs` with a `TimeoutError`, or with `signal` and its reason. `AbortSignal.timeout` within
 * `AbortSignal.any` would never fire once the garbage collector has passed: Node 20 keeps the composed signal alive,
 * but none of those that it waits for (nodejs/node#57736).
 */
export function withTimeLimit(timeoutMs: number, signal?: AbortSignal): AbortSignal {
  const limit = new AbortController();
  const late = (): void => limit.abort(new DOMException(`not done within ${timeoutMs} ms`, 'TimeoutError'));
  setTimeout(late, timeoutMs).unref();
  return signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
}

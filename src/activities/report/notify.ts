import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRunCluster } from '../../cluster/run-copy.ts';
import type { Notifier } from '../../run/cluster-definition.ts';
import type { Notification } from '../../run/words/notification.ts';
import { wholeText } from '../../run/words/notification.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { withTimeLimit } from '../../talos/time-limit.ts';
import { pathOf } from '../attempt/run-files.ts';
import { runCommand } from '../cluster/run-command.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { webhookRequest } from './webhook-request.ts';

/** Half a minute in all, for a run that has ended waits for its last message. */
const attemptTimeoutMs = 8000;
const waitsMs = [1000, 4000];

/** Why a message was not delivered. Never what was sent, whereto, or what came back: any of these may hold a token. */
interface Undelivered {
  readonly why: string;
  /** Trying again cannot help. */
  readonly isFinal?: boolean;
}

/**
 * Sends a message by every notifier of cluster.yaml, each tried a few times. Resolves with a line for each that failed:
 * it never fails because of one. May run again, and sends again then: a message is delivered at least once.
 */
export async function notify(
  attempt: Attempt,
  { notification }: { readonly run: RunReference; readonly notification: Notification },
): Promise<string[]> {
  const { definition, source } = await readRunCluster(pathOf(attempt));
  const lines = await Promise.all(
    definition.notify.map(async (notifier, index) => {
      const undelivered = await deliver(notifier, notification, path.dirname(source), attempt.signal);
      return undelivered && `notify[${index}]: ${undelivered.why}`;
    }),
  );
  return lines.filter((line) => line !== undefined);
}

async function deliver(
  notifier: Notifier,
  notification: Notification,
  folder: string,
  signal: AbortSignal,
): Promise<Undelivered | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const undelivered =
      notifier.kind === 'command'
        ? await tellCommand(notifier.command, notification, folder, signal)
        : await post(notifier, notification, signal);
    signal.throwIfAborted();
    const waitMs = waitsMs[attempt];
    if (undelivered === undefined || undelivered.isFinal === true || waitMs === undefined) return undelivered;
    await sleep(waitMs, undefined, { signal });
  }
}

async function post(
  { url, tokenEnv, format }: Extract<Notifier, { kind: 'webhook' }>,
  notification: Notification,
  signal: AbortSignal,
): Promise<Undelivered | undefined> {
  const address = 'env' in url ? process.env[url.env] : url.value;
  if (!address) return { why: `the worker has no environment variable ${'env' in url ? url.env : ''}`, isFinal: true };
  const token = tokenEnv === undefined ? undefined : process.env[tokenEnv];
  if (tokenEnv !== undefined && !token)
    return { why: `the worker has no environment variable ${tokenEnv}`, isFinal: true };
  const { headers, body } = webhookRequest(format, notification);
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body,
      redirect: 'manual',
      signal: withTimeLimit(attemptTimeoutMs, signal),
    });
    await response.body?.cancel();
    if (response.ok) return undefined;
    const { status } = response;
    return { why: `it answered with ${status}`, isFinal: status < 500 && status !== 408 && status !== 429 };
  } catch (error) {
    return { why: describeFetchError(error), isFinal: !URL.canParse(address) };
  }
}

/** The message of what `fetch` throws names the address, so only the code is taken. */
function describeFetchError(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return `no answer within ${attemptTimeoutMs / 1000} s`;
  return typeof cause?.code === 'string' ? `it cannot be reached (${cause.code})` : 'it cannot be reached';
}

async function tellCommand(
  [program = '', ...args]: readonly string[],
  notification: Notification,
  folder: string,
  signal: AbortSignal,
): Promise<Undelivered | undefined> {
  const { event, cluster, title, answer } = notification;
  const text = wholeText(notification);
  const words = args.map((arg) => arg.replaceAll(/\{(title|text)\}/g, (_, name) => (name === 'title' ? title : text)));
  const failure = await runCommand([program, ...words], {
    cwd: folder,
    env: {
      TALOS_REBUILD_EVENT: event,
      TALOS_REBUILD_CLUSTER: cluster,
      TALOS_REBUILD_TITLE: title,
      TALOS_REBUILD_ANSWER: answer.join('\n'),
    },
    input: text,
    timeoutMs: attemptTimeoutMs,
    signal,
  });
  return failure && { why: `its command ${failure.why}`, isFinal: !failure.wasStarted };
}

import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { type ConnectionSettings, connectionSettings } from './connection-settings.ts';
import { embeddedDefaults } from './embedded-defaults.ts';

/** Long enough for a server far away, short enough for a person who forgot to start one. */
const connectTimeoutMs = 4_000;

/**
 * How long a server may take to answer a call, in ms, where the caller names no time; a history
 * is waited for on purpose.
 */
const answerWithinMs = 10_000;
const historyWithinMs = 90_000;

/** No Temporal server answers, or it does not have the namespace. The message says which, and what to do. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';
}

/** A client with the settings it came from; `close` lets the process end. */
export interface TemporalClient {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  readonly close: () => Promise<void>;
}

/**
 * Connects a client and makes sure that its namespace exists. Rejects with `TemporalUnreachable` within about 5
 * seconds, or with `BadConnectionSettings`.
 */
export async function connectClient(settings: ConnectionSettings = connectionSettings()): Promise<TemporalClient> {
  const { address, namespace } = settings;
  const connection = await Connection.connect({
    ...(settings.options as ConnectionOptions),
    connectTimeout: connectTimeoutMs,
    interceptors: [inTime, makeGrpcRetryInterceptor(defaultGrpcRetryOptions())],
    // A proxy for the outside world has no business between two programs of this machine.
    ...(isLoopback(address) ? { channelArgs: { 'grpc.enable_http_proxy': 0 } } : {}),
  }).catch((error: unknown) => {
    throw unreachable(address, error);
  });
  try {
    await connection.withDeadline(Date.now() + connectTimeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    await connection.close();
    throw namespaceTrouble(settings, error);
  }
  return {
    client: new Client({ connection, namespace }),
    address,
    namespace,
    close: () => connection.close(),
  };
}

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/** Without a deadline a call to a server that was stopped, or to one behind a lost VPN, waits for ever. */
const inTime: Interceptor = (options, nextCall) => {
  const { path } = options.method_definition;
  const withinMs = path.endsWith('/GetWorkflowExecutionHistory') ? historyWithinMs : answerWithinMs;
  return nextCall({ ...options, deadline: options.deadline ?? Date.now() + withinMs }) as ReturnType<Interceptor>;
};

/**
 * The Web UI's page of a workflow, or of one of its runs. TEMPORAL_UI_URL names the Web UI of a server of one's own;
 * else `base`, else the embedded server's.
 */
export function uiUrl(
  workflowId: string,
  runId?: string,
  at: { readonly base?: string | undefined; readonly namespace?: string | undefined } = {},
): string {
  const base =
    at.base ?? (process.env['TEMPORAL_UI_URL'] || `http://${embeddedDefaults.host}:${embeddedDefaults.uiPort}`);
  const workflow = `${base.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(at.namespace ?? embeddedDefaults.namespace)}/workflows/${encodeURIComponent(workflowId)}`;
  return runId === undefined ? workflow : `${workflow}/${encodeURIComponent(runId)}/history`;
}

function isLoopback(address: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)(:\d+)?$/.test(address);
}

/** What to say when nobody answers at an address. */
export function unreachable(address: string, error: unknown): TemporalUnreachable {
  const start =
    address === `${embeddedDefaults.host}:${embeddedDefaults.port}`
      ? 'Start one with `talos-rebuild dev`, in another terminal, or name yours with TEMPORAL_ADDRESS.'
      : 'TEMPORAL_ADDRESS or the profile in temporal.toml names that address; without it `talos-rebuild dev` starts a server here.';
  return new TemporalUnreachable(`No Temporal server answers at ${address}. ${start}`, { cause: error });
}

function namespaceTrouble({ address, namespace }: ConnectionSettings, error: unknown): TemporalUnreachable {
  const code = (error as { code?: number }).code;
  if (code === 5) {
    return new TemporalUnreachable(
      `The Temporal server at ${address} has no namespace ${namespace}. ` +
        `Make it with \`temporal operator namespace create -n ${namespace} --retention 90d\`, or name another with TEMPORAL_NAMESPACE.`,
      { cause: error },
    );
  }
  if (code === 7 || code === 16) {
    return new TemporalUnreachable(
      `The Temporal server at ${address} refuses these credentials for namespace ${namespace}. Look at TEMPORAL_API_KEY and TEMPORAL_TLS_….`,
      { cause: error },
    );
  }
  return unreachable(address, error);
}

import { loadClientConnectConfig } from '@temporalio/envconfig';
import { embeddedDefaults } from './embedded-defaults.ts';

/** Which server and namespace to talk to, and with which credentials. */
export interface ConnectionSettings {
  /** `host:port` of the server's frontend. */
  readonly address: string;
  readonly namespace: string;
  /** What both the client's and the worker's connection take: TLS, API key, metadata. */
  readonly options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
}

/** The settings cannot be read or contradict each other. The message is for people. */
export class BadConnectionSettings extends Error {
  override readonly name = 'BadConnectionSettings';
}

/**
 * Reads the connection settings as the Temporal CLI does: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TEMPORAL_TLS_…, TEMPORAL_PROFILE and the profiles of `temporal.toml`. What is not set defaults to the embedded server.
 */
export function connectionSettings(env: NodeJS.ProcessEnv = process.env): ConnectionSettings {
  try {
    const overrideEnvVars = Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars });
    const given = Object.fromEntries(Object.entries(connectionOptions).filter(([, value]) => value !== undefined));
    const address = connectionOptions.address ?? `${embeddedDefaults.host}:${embeddedDefaults.port}`;
    return { address, namespace: namespace ?? embeddedDefaults.namespace, options: { ...given, address } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadConnectionSettings(
      `The Temporal connection settings cannot be used: ${reason}. Look at the TEMPORAL_… variables and at temporal.toml.`,
      { cause: error },
    );
  }
}

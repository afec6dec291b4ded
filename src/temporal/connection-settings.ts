import { loadClientConnectConfig } from '@temporalio/envconfig';
import { embeddedDefaults } from './embedded-defaults.ts';
import { describeProfilesError, profilesFile, readProfiles } from './profiles-file.ts';

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
 * Reads the connection settings as the Temporal CLI does: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
 * TEMPORAL_API_KEY, TEMPORAL_TLS_…, TEMPORAL_PROFILE and the profiles of `temporal.toml`. What is not set
 * defaults to the embedded server.
 */
export function connectionSettings(env: NodeJS.ProcessEnv = process.env): ConnectionSettings {
  const file = profilesFile(env);
  try {
    const overrideEnvVars = Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const configSource = { data: readProfiles(file) };
    const { connectionOptions, namespace } = loadClientConnectConfig({ configSource, overrideEnvVars });
    const given = Object.fromEntries(Object.entries(connectionOptions).filter(([, value]) => value !== undefined));
    const address = connectionOptions.address ?? `${embeddedDefaults.host}:${embeddedDefaults.port}`;
    const settings = { address, namespace: namespace ?? embeddedDefaults.namespace };
    for (const [name, value] of Object.entries(settings) as [string, unknown][])
      if (typeof value !== 'string') throw new Error(`the ${name} is no text`);
    return { ...settings, options: { ...given, address } };
  } catch (error) {
    throw new BadConnectionSettings(
      `The Temporal connection settings cannot be used: ${describeProfilesError(error)}. ` +
        `Look at the TEMPORAL_… variables and at ${file}.`,
      { cause: error },
    );
  }
}

/** How the embedded server is started. */
export interface StartDevOptions {
  readonly host: string;
  readonly port: number;
  readonly uiPort: number;
  /** Without it everything is in memory. */
  readonly databaseFile: string | undefined;
  /** `key=value`, the value as JSON. */
  readonly dynamicConfiguration: readonly string[];
}

/** The arguments for a Temporal CLI that start its development server. */
export function startDevArguments(options: StartDevOptions): string[] {
  const { host, port, uiPort, databaseFile, dynamicConfiguration } = options;
  const flags = {
    '--ip': host,
    '--port': String(port),
    '--ui-ip': host,
    '--ui-port': String(uiPort),
    ...(databaseFile !== undefined && { '--db-filename': databaseFile }),
    '--log-level': 'warn',
  };
  const settings = dynamicConfiguration.flatMap((value) => ['--dynamic-config-value', value]);
  return ['server', 'start-dev', ...Object.entries(flags).flat(), ...settings];
}

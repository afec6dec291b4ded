/** Where the embedded server listens unless told otherwise: what `dev` starts and every command looks for. */
export const embeddedDefaults = { host: '127.0.0.1', port: 7233, uiPort: 8233, namespace: 'default' } as const;

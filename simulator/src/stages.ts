/** The stages of `machinestatus`. */
export type Stage =
  'booting' | 'installing' | 'maintenance' | 'running' | 'rebooting' | 'shutting down' | 'resetting' | 'upgrading';

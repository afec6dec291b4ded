/** Names of this machine as Go and the releases on GitHub spell them: `linux`/`darwin`, `amd64`/`arm64`. */
export const goOs: string = process.platform === 'win32' ? 'windows' : process.platform;
export const goArch: string = process.arch === 'x64' ? 'amd64' : process.arch;

/** Where releases are downloaded from. TALOS_REBUILD_GITHUB names a mirror with the same paths. */
export function releaseHost(): string {
  return (process.env['TALOS_REBUILD_GITHUB'] || 'https://github.com').replace(/\/+$/, '');
}

/** Names of this machine as Go and the releases on GitHub spell them: `linux`/`darwin`, `amd64`/`arm64`. */
export const goOs: string = process.platform === 'win32' ? 'windows' : process.platform;
export const goArch: string = process.arch === 'x64' ? 'amd64' : process.arch;

/** Where releases are downloaded from. TALOS_REBUILD_GITHUB names a mirror with the same paths. */
export function releaseHost(): string {
  return (process.env['TALOS_REBUILD_GITHUB'] || 'https://github.com').replace(/\/+$/, '');
}

/**
 * A file of a release. Throws when that would go over the network in the clear: a mirror is https,
 * unless it is on this computer.
 */
export function releaseUrl(path: string): string {
  const url = new URL(`${releaseHost()}/${path}`);
  const isHere = /^(localhost|\[::1\]|127(\.\d+){3})$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isHere)) return url.href;
  throw new Error(`${releaseHost()} (set by TALOS_REBUILD_GITHUB) is not https`);
}

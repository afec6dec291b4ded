/** `v1.13.9` or `1.13.9`, with what may follow a release number (`-beta.1`). */
export const versionPattern = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

/** The version with its `v`, as Talos writes it. */
export function withV(version: string): string {
  return version.startsWith('v') ? version : `v${version}`;
}

/** The version without `v`, as `talosctl gen config --kubernetes-version` wants it. */
export function withoutV(version: string): string {
  return version.replace(/^v/, '');
}

/**
 * The minor version, which must be the same for talosctl and the machines: `1.13` of
 * `v1.13.9`. Throws on anything else.
 */
export function minorOf(version: string): string {
  const minor = /^v?(\d+\.\d+)\.\d+/.exec(version)?.[1];
  if (minor === undefined) throw new TypeError(`${JSON.stringify(version)} is not a version such as v1.13.9.`);
  return minor;
}

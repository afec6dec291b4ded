import { goArch, goOs } from './platform.ts';

/** Which versions of a program are got for a person who has none. What is on PATH is taken as it is, newer or not. */
export interface Obtainable {
  /** The newest release that is known of: what a person is told to install. */
  readonly newest: string;
  /**
   * The newest release of which the SHA-256 sums are known *here*, by platform: `linux-amd64`. A sum that came from
   * where the file comes from would prove nothing. Without the platform's sum nothing is downloaded.
   */
  readonly release?: { readonly version: string; readonly sums: Readonly<Record<string, string>> };
  /** The newest version that Go can build from what its module proxy has, pinned in `modules/<program>-<version>`. */
  readonly built?: string;
}

/**
 * `talosctl` by minor version of Talos. The sums are those of each release's `sha256sum.txt`, as at least two packagers
 * have written them down independently of each other. Those of the newest releases are not known yet.
 */
export const obtainableTalosctl: Readonly<Record<string, Obtainable>> = {
  '1.13': {
    newest: '1.13.13',
    release: {
      version: '1.13.8',
      sums: { 'linux-amd64': '406b56f9e4ff03b1557cc941b1f163aec8a6ebb36e28f0bbbe6d083589529261' },
    },
    built: '1.13.0',
  },
  '1.14': {
    newest: '1.14.7',
    release: {
      version: '1.14.2',
      sums: {
        'linux-amd64': 'c6c9552b0e5f767352c595fa1c0af4f186f697488646872955057d23990a66c4',
        'linux-arm64': '5b7119f9cc68c1e6dcd394564208a9ae417c5cc9e8e2585fa173082e53f5e6d7',
        'darwin-arm64': '4b509e96912278f2af58dc0005be5252124bcba4b87a7f877674160bbf000b6f',
      },
    },
  },
};

/**
 * The Temporal CLI. What is downloaded is the newest that the tests have seen; the sums are those of its
 * `checksums.txt`, known as above.
 */
export const obtainableTemporal: Obtainable = {
  newest: '1.9.1', // server 1.32.0, Web UI 2.54.1
  release: {
    version: '1.9.1',
    sums: {
      'linux-amd64': '09a0326a51db84d02735e53542b9ebd8c4758daf47482a9ab0abce15844e60d5',
      'linux-arm64': '6c57c352d52fc3df34412376fd9ba6f74b7e3ace8e426e6cba8600156d36a145',
      'darwin-amd64': '48cdd6c84c56e27ae8e4d9a47052b89289a9c552dee029b49dd312c6fb72873f',
      'darwin-arm64': '41e0425378fcb4fb5766340b97435e20fe47bbff2d7bf644ec2d51f7662b7c56',
    },
  },
  built: '1.5.1', // server 1.29.1, Web UI 2.42.1; the module proxy does not have what newer ones need
};

/** The release to download on this platform, with its sum; undefined when that sum is not known here. */
export function releaseFor({ release }: Obtainable): { version: string; sum: string } | undefined {
  const sum = release?.sums[`${goOs}-${goArch}`];
  return release === undefined || sum === undefined ? undefined : { version: release.version, sum };
}

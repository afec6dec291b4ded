import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { parse } from 'yaml';
import { isMapping, type Mapping, textOf } from './mappings.ts';
import { KubernetesError } from './kubernetes-error.ts';

/** What a kubeconfig's current context says: where the API server is and with which credentials to come. */
export interface Credentials {
  server: URL;
  namespace: string;
  /** Checked instead of the server's host, if the kubeconfig asks for it. */
  serverName: string | undefined;
  token: string | undefined;
  tls: SecureContext;
}

/**
 * Reads a kubeconfig as `talosctl kubeconfig` writes it: a client certificate or a token, and the cluster's CA.
 * Credentials by way of other programs are not for a service that runs unattended. With `clusterOf`, another kubeconfig
 * says which cluster it is and which CA is trusted, and this one has the client's credentials. Throws `invalid`,
 * without quoting the file.
 */
export async function readKubeconfig(path: string, clusterOf = path): Promise<Credentials> {
  const { context, user } = await readContext(path);
  const { cluster } = await readContext(clusterOf);

  if (cluster['insecure-skip-tls-verify'] === true) {
    throw unusable(path, 'it says not to check the certificate of the API server (insecure-skip-tls-verify)');
  }
  if ('exec' in user || 'auth-provider' in user) {
    throw unusable(
      path,
      'its credentials come from another program; one with a client certificate or a token is needed',
    );
  }
  const folder = dirname(path);
  const ca = await fileOrData(clusterOf, dirname(clusterOf), cluster, 'certificate-authority');
  const cert = await fileOrData(path, folder, user, 'client-certificate');
  const key = await fileOrData(path, folder, user, 'client-key');
  const token = textOf(user['token']) || undefined;
  if (cert === undefined && token === undefined)
    throw unusable(path, 'it has neither a client certificate nor a token');
  return {
    server: serverUrl(textOf(cluster['server']), `kubeconfig ${path}`),
    namespace: textOf(context['namespace']) || 'default',
    serverName: textOf(cluster['tls-server-name']) || undefined,
    token,
    tls: secureContext(path, { ca, cert, key }),
  };
}

/** The current context, and the cluster and user that it names. */
async function readContext(path: string): Promise<Record<'context' | 'cluster' | 'user', Mapping>> {
  const config = await readConfig(path);
  const context = entry(path, config, 'context', textOf(config['current-context']));
  return {
    context,
    cluster: entry(path, config, 'cluster', textOf(context['cluster'])),
    user: entry(path, config, 'user', textOf(context['user'])),
  };
}

/** An API server's address as a URL. Throws `invalid` for anything but https. */
export function serverUrl(text: string, whose: string): URL {
  if (!URL.canParse(text)) throw new KubernetesError('invalid', `${whose}: the API server's address is no URL`);
  const url = new URL(text);
  if (url.protocol !== 'https:') {
    throw new KubernetesError('invalid', `${whose}: the API server's address does not begin with https://`);
  }
  return url;
}

async function readConfig(path: string): Promise<Mapping> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw unusable(path, isMissing ? 'there is no such file' : 'it cannot be read');
  }
  let config: unknown;
  try {
    config = parse(text);
  } catch {
    throw unusable(path, 'it is no valid YAML');
  }
  if (!isMapping(config)) throw unusable(path, 'it is no kubeconfig');
  return config;
}

function entry(path: string, config: Mapping, kind: 'context' | 'cluster' | 'user', name: string): Mapping {
  const all = config[`${kind}s`];
  const found = (Array.isArray(all) ? all : []).filter(isMapping).find((one) => one['name'] === name)?.[kind];
  if (!isMapping(found)) throw unusable(path, `it has no ${kind} ${JSON.stringify(name)}`);
  return found;
}

async function fileOrData(path: string, folder: string, from: Mapping, field: string): Promise<string | undefined> {
  const data = textOf(from[`${field}-data`]);
  if (data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const file = textOf(from[field]);
  if (file === '') return undefined;
  try {
    return await readFile(resolve(folder, file), 'utf8');
  } catch {
    throw unusable(path, `the file that it names as ${field} cannot be read`);
  }
}

function secureContext(path: string, parts: { [part in 'ca' | 'cert' | 'key']: string | undefined }): SecureContext {
  try {
    return createSecureContext(Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)));
  } catch {
    throw unusable(path, 'its certificates and key cannot be used: one is broken, or they do not belong together');
  }
}

function unusable(path: string, problem: string): KubernetesError {
  return new KubernetesError('invalid', `kubeconfig ${path}: ${problem}`);
}

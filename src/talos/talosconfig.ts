import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** What a TLS connection needs to be trusted and to trust, PEM. */
export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The credentials of the current context of a talosconfig. */
export async function credentialsOf(talosconfig: string): Promise<Credentials> {
  const file = parse(await readFile(talosconfig, 'utf8')) as {
    context: string;
    contexts: Record<string, { ca: string; crt: string; key: string }>;
  };
  const context = file.contexts[file.context];
  if (!context) throw new Error('no context');
  const pem = (text: string): string => Buffer.from(text, 'base64').toString('latin1');
  // Talos labels its PKCS #8 keys by their kind, which OpenSSL does not know.
  const key = pem(context.key).replaceAll(/(BEGIN|END) ED25519 PRIVATE KEY/g, '$1 PRIVATE KEY');
  return { ca: pem(context.ca), cert: pem(context.crt), key };
}

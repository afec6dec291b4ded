const pemBlock = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g;
/** JSON Web Tokens, as in kubeconfigs and join links. */
const webToken = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;
/** Bootstrap and trustd tokens: `abcdef.0123456789abcdef`. */
const bootstrapToken = /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g;
const urlCredentials = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi;
/** A field that holds a secret by its name, in YAML or JSON, whatever its value looks like. */
const secretField =
  /((?:^|[\s,{[])["']?[\w-]*(?:token|secret|password|passphrase|private-?key|auth-?key|key)["']?\s*[:=]\s*)("[^"\n]{8,}"|'[^'\n]{8,}'|[^\s,"'{}[\]]{12,})/gi;
const base64Run = /[A-Za-z0-9+/_-]{32,}={0,2}/g;

/**
 * Takes out of a text everything that is, or looks like, a key, a token or a password. What is taken out is named, not
 * shown. It takes out rather too much than too little: the people who read the text have the files as well.
 */
export function redact(text: string): string {
  return text
    .replace(pemBlock, '<redacted PEM>')
    .replace(webToken, '<redacted token>')
    .replace(bootstrapToken, '<redacted token>')
    .replace(urlCredentials, '$1<redacted>@')
    .replace(secretField, '$1<redacted>')
    .replace(base64Run, (run) => (looksLikeKey(run) ? '<redacted>' : run));
}

/** Whether a text holds something that `redact` would take out. */
export function holdsSecret(text: string): boolean {
  return redact(text) !== text;
}

/**
 * Digests, UUIDs and image schematics are hex and no secrets; paths and flags have a separator every few letters, names
 * of several words a capital only every few. What ends in `=` is never one of these.
 */
function looksLikeKey(run: string): boolean {
  if (run.endsWith('=')) return true;
  if (/^[0-9a-f-]+$/i.test(run)) return false;
  const share = (pattern: RegExp): number => (run.match(pattern)?.length ?? 0) / run.length;
  if (share(/[/_-]/g) > 1 / 8) return false;
  return share(/[A-Z]/g) > 1 / 4 || (/[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9]/.test(run));
}

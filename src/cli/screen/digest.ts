const hexDigits = /^[0-9a-f]{64}$/;

export { shortDigest } from '../../run/words/answer-lines.ts';

export type DigestMatch = 'same' | 'other' | 'too short' | 'not hexadecimal';

/**
 * Whether what was typed names this digest: all of it or a beginning of at least 8 hex digits,
 * with or without `sha256:`.
 */
export function matchDigest(typed: string, digest: string): DigestMatch {
  const wanted = typed
    .trim()
    .toLowerCase()
    .replace(/^sha256:/, '');
  if (!/^[0-9a-f]*$/.test(wanted) || wanted.length > 64) return 'not hexadecimal';
  if (wanted.length < 8) return 'too short';
  return digest.replace(/^sha256:/, '').startsWith(wanted) ? 'same' : 'other';
}

/** Whether a text is a whole digest. */
export function isWholeDigest(typed: string): boolean {
  return hexDigits.test(
    typed
      .trim()
      .toLowerCase()
      .replace(/^sha256:/, ''),
  );
}

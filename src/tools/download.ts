import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Report } from './tool.ts';

/** How long a server may take to answer, and how long it may then be silent, before it counts as not reachable. */
const silenceMs = 8_000;
const progressMs = 5_000;

/**
 * Downloads one file of a release and checks it against the release's list of SHA-256 sums (lines of `<sum>  <name>`).
 * Nothing is left at `target` unless the sum is right. Rejects with a one-line reason: not reachable, not listed, wrong sum.
 */
export async function downloadVerified(
  from: { readonly folderUrl: string; readonly name: string; readonly sums: string },
  target: string,
  report: Report,
): Promise<void> {
  const sums = await getText(`${from.folderUrl}/${from.sums}`);
  const expected = sumOf(from.name, sums);
  if (expected === undefined) throw new Error(`${from.name} is not listed in ${from.folderUrl}/${from.sums}`);
  try {
    const seen = await download(`${from.folderUrl}/${from.name}`, target, report);
    if (seen !== expected) {
      throw new Error(`${from.folderUrl}/${from.name} has the SHA-256 sum ${seen}, its release says ${expected}`);
    }
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

function sumOf(name: string, sums: string): string | undefined {
  for (const line of sums.split('\n')) {
    const [sum, file] = line.trim().split(/\s+\*?/);
    if (file === name && sum !== undefined && /^[0-9a-f]{64}$/i.test(sum)) return sum.toLowerCase();
  }
  return undefined;
}

async function download(url: string, target: string, report: Report): Promise<string> {
  const abort = new AbortController();
  const response = await get(url, abort);
  if (response.body === null) throw new Error(`${url} sent nothing`);
  const total = Number(response.headers.get('content-length') ?? 0);
  const hash = createHash('sha256');
  let bytes = 0;
  let reported = Date.now();
  const silence = setTimeout(() => abort.abort(new Error(`${url} went silent`)), silenceMs);
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      silence.refresh();
      hash.update(chunk);
      bytes += chunk.length;
      if (Date.now() - reported >= progressMs) {
        reported = Date.now();
        report(`${megabytes(bytes)}${total > 0 ? ` of ${megabytes(total)}` : ''} downloaded`);
      }
      done(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body), measure, createWriteStream(target, { mode: 0o755 }));
  } finally {
    clearTimeout(silence);
  }
  return hash.digest('hex');
}

/** For a small file. */
async function getText(url: string): Promise<string> {
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(new Error(`${url} did not arrive in time`)), silenceMs);
  try {
    return await (await get(url, abort)).text();
  } finally {
    clearTimeout(limit);
  }
}

async function get(url: string, abort = new AbortController()): Promise<Response> {
  const silence = setTimeout(() => abort.abort(new Error('no answer in time')), silenceMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response;
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(silence);
  }
}

/** `fetch` hides the telling part (ENOTFOUND, ECONNREFUSED) in the cause of its error. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

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
 * Downloads a file whose SHA-256 sum is known. Nothing is left at `target` unless the sum is right. Rejects with a
 * one-line reason: not reachable, wrong sum.
 */
export async function downloadVerified(url: string, sum: string, target: string, report: Report): Promise<void> {
  try {
    const seen = await download(url, target, report);
    if (seen !== sum) throw new Error(`${url} has the SHA-256 sum ${seen}, known for it is ${sum}`);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
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

async function get(url: string, abort: AbortController): Promise<Response> {
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

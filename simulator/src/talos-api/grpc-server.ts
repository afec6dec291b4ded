import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { DroppedConnection, RefusedCall } from '../faults.ts';
import { codes, RpcError } from './rpc-error.ts';

/** One call as it arrives: messages are bytes, because an endpoint may pass them on without reading them. */
export interface IncomingCall {
  /** `/machine.MachineService/Version` */
  path: string;
  metadata: IncomingHttpHeaders;
  messages: AsyncIterable<Buffer>;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
}

export type AnswerCall = (call: IncomingCall) => AsyncIterable<Uint8Array>;

/** Answers one HTTP/2 stream as gRPC says: messages with a five-byte head, the status in the trailers. */
export function answerStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, answer: AnswerCall): void {
  const abort = new AbortController();
  stream.on('error', () => undefined);
  stream.on('close', () => abort.abort());
  void respond(
    stream,
    answer({ path: String(headers[':path']), metadata: headers, messages: messagesOf(stream), signal: abort.signal }),
  );
}

async function respond(stream: ServerHttp2Stream, messages: AsyncIterable<Uint8Array>): Promise<void> {
  let status = { 'grpc-status': '0', 'grpc-message': '' };
  const begin = () => {
    if (stream.headersSent || stream.destroyed) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(status));
  };
  try {
    for await (const message of messages) {
      if (stream.destroyed) return;
      begin();
      if (!stream.write(framed(message))) await drained(stream);
    }
  } catch (error) {
    if (stream.destroyed) return;
    if (error instanceof DroppedConnection) {
      stream.session?.destroy();
      return;
    }
    status = statusOf(error);
  }
  if (stream.destroyed) return;
  begin();
  stream.end();
}

function statusOf(error: unknown): { 'grpc-status': string; 'grpc-message': string } {
  const code = error instanceof RpcError || error instanceof RefusedCall ? error.code : codes.Unknown;
  const message = error instanceof Error ? error.message : String(error);
  return { 'grpc-status': String(code), 'grpc-message': percentEncoded(message) };
}

async function drained(stream: ServerHttp2Stream): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

async function* messagesOf(stream: ServerHttp2Stream): AsyncGenerator<Buffer> {
  let buffered: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    while (buffered.length >= 5 && buffered.length >= 5 + buffered.readUInt32BE(1)) {
      const end = 5 + buffered.readUInt32BE(1);
      if (buffered[0] !== 0)
        throw new RpcError('Unimplemented', 'grpc: Decompressor is not installed for grpc-encoding');
      yield buffered.subarray(5, end);
      buffered = buffered.subarray(end);
    }
  }
}

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Status messages travel in a header: everything but printable ASCII is escaped. */
function percentEncoded(message: string): string {
  return Buffer.from(message)
    .toString('latin1')
    .replaceAll(/[^\u0020-\u007e]|%/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

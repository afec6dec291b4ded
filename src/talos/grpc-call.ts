import { X509Certificate } from 'node:crypto';
import { connect as connectHttp } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import type { Access, CallOptions } from './access.ts';
import { fingerprintOf, talosApiPort } from './probe.ts';
import { credentialsOf } from './talosconfig.ts';
import { withTimeLimit } from './time-limit.ts';

/**
 * A call of the Talos API: `package.Service/Method` and the fields of its request that hold
 * text, the first has number 1.
 */
export interface GrpcCall {
  readonly method: string;
  readonly fields: readonly string[];
}

/**
 * Makes several calls over one connection to a machine's Talos API, where `talosctl` takes a process for each. The
 * machine is checked as `talosctl` does: its certificate against the set's CA, or in maintenance mode against the
 * fingerprint that it showed before. Only for calls that read. Resolves with the messages of each call's answer;
 * rejects on any trouble, without saying much: ask `talosctl` then.
 */
export async function callOverApi(
  access: Access,
  calls: readonly GrpcCall[],
  options: CallOptions = {},
): Promise<Buffer[][]> {
  const session = await openSession(access, options);
  try {
    return await Promise.all(calls.map((one) => call(session, one)));
  } finally {
    session.destroy();
  }
}

async function openSession(access: Access, { timeoutMs = 5000, signal }: CallOptions): Promise<ClientHttp2Session> {
  const limit = withTimeLimit(timeoutMs, signal);
  const trust = 'insecure' in access ? { rejectUnauthorized: false } : await credentialsOf(access.talosconfig);
  const socket = connectTls({
    host: access.address,
    port: talosApiPort,
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.3',
    ...trust,
  });
  const abort = (): void => void socket.destroy(new Error('aborted'));
  if (limit.aborted) abort();
  limit.addEventListener('abort', abort, { once: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  const leaf = socket.getPeerX509Certificate();
  if ('insecure' in access && !(leaf instanceof X509Certificate && fingerprintOf(leaf) === access.fingerprint)) {
    socket.destroy();
    throw new Error('another certificate');
  }
  const session = connectHttp(`https://${access.address}:${talosApiPort}`, { createConnection: () => socket });
  session.on('error', () => undefined);
  session.once('close', () => limit.removeEventListener('abort', abort));
  return session;
}

/** One gRPC call with one answer or many. */
function call(session: ClientHttp2Session, { method, fields }: GrpcCall): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let status: unknown;
    const seeStatus = (headers: Record<string, unknown>): void => void (status ??= headers['grpc-status']);
    stream.on('response', seeStatus);
    stream.on('trailers', seeStatus);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', reject);
    stream.once('close', () => {
      try {
        if (status !== '0') throw new Error(`gRPC status ${String(status)}`);
        resolve(messagesOf(Buffer.concat(chunks)));
      } catch (error) {
        reject(error); // a message that was cut off among them: here nobody else would catch it
      }
    });
    const request = Buffer.concat(fields.map((text, index) => field(index + 1, text)));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(request.length, 1);
    stream.end(Buffer.concat([head, request]));
  });
}

function messagesOf(body: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const length = body.readUInt32BE(at + 1);
    messages.push(body.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return messages;
}

function field(number: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]); // shorter than 128 bytes
}

/** One field of a protobuf message: `bytes` for texts and messages, `value` for numbers and flags. */
interface Field {
  readonly number: number;
  readonly bytes?: Buffer;
  readonly value?: bigint;
}

/** The last field of that number with a length; empty when it is absent. */
export function bytesOf(message: Buffer, number: number): Buffer {
  return listOf(message, number).at(-1) ?? Buffer.alloc(0);
}

/** All fields of that number with a length, in order. */
export function listOf(message: Buffer, number: number): Buffer[] {
  return fieldsOf(message).flatMap((one) => (one.number === number && one.bytes ? [one.bytes] : []));
}

/** A number or flag; 0 when it is absent. */
export function valueOf(message: Buffer, number: number): bigint {
  return fieldsOf(message).findLast((one) => one.number === number)?.value ?? 0n;
}

function fieldsOf(message: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        found.push({ number, value: varint() });
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        found.push({ number, bytes: message.subarray(at, at + length) });
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error('not protobuf');
    }
  }
  return found;
}

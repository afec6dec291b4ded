import type { Boot } from '../boot.ts';
import { RefusedCall } from '../faults.ts';
import type { IncomingCall } from './grpc-server.ts';
import { invoke } from './invoke.ts';
import { encode } from './messages.ts';
import { codes, describe, RpcError } from './rpc-error.ts';

const fanOutServices = [
  'machine.MachineService',
  'cluster.ClusterService',
  'inspect.InspectService',
  'storage.StorageService',
  'time.TimeService',
];
const streamed =
  /^\/(machine\.MachineService\/(Copy|DiskUsage|Dmesg|EtcdSnapshot|Events|ImageList|Kubeconfig|List|Logs|PacketCapture|Read)|cluster\.ClusterService\/HealthCheck|machine\.LifecycleService\/.*)$/;

/**
 * Sends a call where its metadata says: `node` to one node, whose answer comes back as it is; `nodes` to several,
 * whose answers are put together and labelled. Only control planes have what it takes to forward; a worker accepts
 * itself as the only target.
 */
export function route(boot: Boot, call: IncomingCall, roles: ReadonlySet<string>): AsyncIterable<Uint8Array> {
  const nodes = values(call, 'nodes');
  const node = values(call, 'node');
  if (call.metadata['proxyfrom'] !== undefined) return invoke(boot, call, roles);
  if (node.length > 1) return refuse('InvalidArgument', 'node metadata must be single-valued');
  const isForItself = (targets: string[]) =>
    !boot.isControlPlane && targets.length === 1 && isLocal(boot, targets[0] ?? '');
  if (nodes.length > 0 && !isForItself(nodes)) {
    if (!fanOutServices.some((service) => call.path.startsWith(`/${service}/`))) {
      return refuse('InvalidArgument', `one-2-many proxying is not supported for method ${call.path}`);
    }
    return boot.isControlPlane ? fanOut(boot, nodes, call, roles) : refuse('PermissionDenied', 'no request forwarding');
  }
  if (node[0] !== undefined && !isForItself(node)) {
    return boot.isControlPlane
      ? forward(boot, node[0], call, roles)
      : refuse('PermissionDenied', 'no request forwarding');
  }
  return invoke(boot, call, roles);
}

function values(call: IncomingCall, key: string): string[] {
  const value = call.metadata[key];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : value.split(',')).map((one) => one.trim());
}

function isLocal(boot: Boot, target: string): boolean {
  return target === boot.address || target === '127.0.0.1' || target === boot.hostname;
}

// oxlint-disable-next-line require-yield
async function* refuse(code: 'InvalidArgument' | 'PermissionDenied', message: string): AsyncGenerator<Uint8Array> {
  throw new RpcError(code, message);
}

/** One hop to another node's API, which has to be open and of the same CA. */
async function* forward(
  boot: Boot,
  target: string,
  call: IncomingCall,
  roles: ReadonlySet<string>,
): AsyncGenerator<Uint8Array> {
  const other = boot.machine.rack
    .map((machine) => machine.boot)
    .find((one) => one !== undefined && (one.machine.address === target || one.virtualIps.has(target)));
  if (target === '127.0.0.1') {
    yield* invoke(boot, call, roles);
    return;
  }
  if (!/^[\d.]+$|:/.test(target)) throw new RpcError('Unavailable', 'name resolver error: produced zero addresses');
  if (other?.api === undefined) {
    throw new RpcError(
      'Unavailable',
      `connection error: desc = "transport: Error while dialing: dial tcp ${target}:50000: connect: connection refused"`,
    );
  }
  if (
    other.api.isMaintenance ||
    other.configuration?.machineCa.certificate !== boot.configuration?.machineCa.certificate
  ) {
    throw new RpcError(
      'Unavailable',
      'connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"',
    );
  }
  try {
    yield* invoke(other, call, roles);
  } catch (error) {
    if (other.signal.aborted) throw new RpcError('Unavailable', 'error reading from server: EOF');
    throw error;
  }
}

/**
 * Every answer is labelled with its node; a node's error becomes an answer too, so that the call as a whole succeeds.
 */
async function* fanOut(
  boot: Boot,
  targets: string[],
  call: IncomingCall,
  roles: ReadonlySet<string>,
): AsyncGenerator<Uint8Array> {
  const isStreamed = streamed.test(call.path);
  const messages: Buffer[] = [];
  for await (const message of call.messages) messages.push(message);
  const answersOf = (target: string) =>
    labelled(target, isStreamed, forward(boot, target, { ...call, messages: replay(messages) }, roles));
  if (isStreamed) {
    yield* merged(targets.map(answersOf));
    return;
  }
  const answers = await Promise.all(targets.map(async (target) => collected(answersOf(target))));
  yield Buffer.concat(answers.flat());
}

async function* replay(messages: Buffer[]): AsyncGenerator<Buffer> {
  yield* messages;
}

async function collected(answers: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const answer of answers) all.push(answer);
  return all;
}

async function* labelled(
  target: string,
  isStreamed: boolean,
  answers: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const label = encode('CommonEmpty', { metadata: { hostname: target } });
  try {
    for await (const answer of answers) yield isStreamed ? Buffer.concat([answer, label]) : labelInside(answer, label);
  } catch (error) {
    const known = error instanceof RefusedCall ? new RpcError(error.code, error.message) : error;
    if (!(known instanceof RpcError) && !(known instanceof Error && known.constructor === Error)) throw error;
    const failure = known instanceof RpcError ? known : new RpcError('Unknown', known.message);
    const empty = {
      metadata: {
        hostname: target,
        error: describe(failure),
        status: { code: failure.code, message: failure.message },
      },
    };
    yield isStreamed ? encode('CommonEmpty', empty) : encode('CommonEmptyResponse', { messages: [empty] });
  }
}

/** Puts the label into the first `messages` entry: field 1, a message, whose length grows by the label's. */
function labelInside(answer: Uint8Array, label: Uint8Array): Uint8Array {
  const [length, start] = varint(answer, 1);
  if (answer[0] !== 0x0a) throw new RpcError(codes.Internal, `unexpected message format: ${answer[0]}`);
  return Buffer.concat([Buffer.from([0x0a]), encodedVarint(length + label.length), answer.subarray(start), label]);
}

function varint(bytes: Uint8Array, offset: number): [value: number, end: number] {
  let [value, position, factor] = [0, offset, 1];
  for (;;) {
    const byte = bytes[position] ?? 0;
    value += (byte & 0x7f) * factor;
    position += 1;
    if (byte < 0x80) return [value, position];
    factor *= 128;
  }
}

function encodedVarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

/** The answers of several nodes as they come. */
async function* merged(sources: AsyncGenerator<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  const nextOf = (source: AsyncGenerator<Uint8Array>): ReturnType<typeof source.next> => {
    const next = source.next();
    next.catch(() => undefined); // it is waited for below, perhaps later
    return next;
  };
  const pending = new Map(sources.map((source) => [source, nextOf(source)] as const));
  while (pending.size > 0) {
    const [source, result] = await Promise.race([...pending].map(async ([one, next]) => [one, await next] as const));
    if (result.done === true) pending.delete(source);
    else {
      pending.set(source, nextOf(source));
      yield result.value;
    }
  }
}

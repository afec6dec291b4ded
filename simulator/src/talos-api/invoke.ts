import type { Boot } from '../boot.ts';
import { RefusedCall } from '../faults.ts';
import type { RequestEntry } from '../journal.ts';
import { mayCall } from './authorization.ts';
import { clusterMethods } from './cluster-service.ts';
import { etcdMethods } from './etcd-methods.ts';
import type { IncomingCall } from './grpc-server.ts';
import { lifecycleMethods } from './lifecycle-methods.ts';
import { machineMethods } from './machine-methods.ts';
import type { Method } from './methods.ts';
import { resourceMethods } from './resource-service.ts';
import { codes, notAuthorized, RpcError } from './rpc-error.ts';
import { storageMethods } from './storage-service.ts';

const methods = new Map<string, Method>([
  ...lifecycleMethods,
  ...machineMethods,
  ...etcdMethods,
  ...clusterMethods,
  ...storageMethods,
  ...resourceMethods,
]);

/** The methods that machines know, as the journal and faults name them. */
export const methodNames: readonly string[] = [...methods.values()].map(({ name }) => name);

/** Carries out a call on one machine: writes it down, checks the roles, lets faults act. */
export async function* invoke(boot: Boot, call: IncomingCall, roles: ReadonlySet<string>): AsyncGenerator<Uint8Array> {
  const { machine } = boot;
  const { faults, journal } = machine.world;
  const method = methods.get(call.path);
  const name = method?.name ?? call.path.slice(call.path.lastIndexOf('.') + 1);
  const signal = AbortSignal.any([call.signal, boot.signal]);
  const first = await call.messages[Symbol.asyncIterator]().next();
  const request = first.done === true ? Buffer.alloc(0) : first.value;
  const args = method === undefined ? {} : withoutBytes(method.describe(request));
  const entry: RequestEntry = journal.record({
    machine: machine.name,
    kind: 'request',
    method: name,
    role: [...roles].join(','),
    args,
  });
  const passing = { machine: machine.name, method: name, args };
  try {
    if (!mayCall(name, roles)) throw notAuthorized();
    if (method === undefined)
      throw new RpcError(
        'Unimplemented',
        `unknown method ${name.slice(name.indexOf('/') + 1)} for service ${call.path.split('/')[1]}`,
      );
    await faults.act({ ...passing, phase: 'before' }, signal);
    const context = { boot, roles, signal, shutdown: boot.api?.closed ?? signal };
    const answers = method.run(context, again(request, call.messages));
    if (method.isStreaming) yield* answers;
    else {
      for await (const answer of answers) {
        await faults.act({ ...passing, phase: 'after' }, signal);
        journal.answer(entry, 'OK');
        yield answer;
      }
      return;
    }
    await faults.act({ ...passing, phase: 'after' }, signal);
    journal.answer(entry, 'OK');
  } catch (error) {
    journal.answer(entry, answerName(error));
    throw error;
  }
}

/** The messages from the first on, which has been taken out already. */
async function* again(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

function answerName(error: unknown): string {
  if (!(error instanceof RpcError || error instanceof RefusedCall))
    return error instanceof Error && error.name === 'AbortError' ? 'Canceled' : 'Unknown';
  return Object.entries(codes).find(([, code]) => code === error.code)?.[0] ?? String(error.code);
}

function withoutBytes(args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => !Buffer.isBuffer(value)));
}

import type { Boot } from '../boot.ts';
import { decode, encode } from './messages.ts';

/** What a method works with: the machine that carries it out, and the caller. */
export interface CallContext {
  boot: Boot;
  roles: ReadonlySet<string>;
  /** Aborted when the caller has gone or the machine has. */
  signal: AbortSignal;
  /** Aborted when the node's API is shut down in order: streams end then. */
  shutdown: AbortSignal;
}

/** One method of the API, with its messages as bytes. */
export interface Method {
  /** `MachineService/Reset`: as the journal has it. */
  name: string;
  isStreaming: boolean;
  /** Essentials of a request for the journal. */
  describe(request: Buffer): Record<string, unknown>;
  run(context: CallContext, messages: AsyncIterable<Buffer>): AsyncIterable<Uint8Array>;
}

export type Methods = ReadonlyMap<string, Method>;

interface Definition<Request> {
  path: string;
  request: string;
  response: string;
  describe?: (request: Request) => Record<string, unknown>;
}

export function unary<Request>(
  definition: Definition<Request>,
  answer: (context: CallContext, request: Request) => object | Promise<object>,
): [string, Method] {
  const { path, request, response } = definition;
  return [
    path,
    {
      name: journalName(path),
      isStreaming: false,
      describe: (bytes) => describe(definition, bytes),
      async *run(context, messages) {
        for await (const message of messages) {
          yield encode(response, await answer(context, decode(request, message) as Request));
          return;
        }
      },
    },
  ];
}

export function serverStream<Request>(
  definition: Definition<Request>,
  answer: (context: CallContext, request: Request) => AsyncIterable<object>,
): [string, Method] {
  const { path, request, response } = definition;
  return [
    path,
    {
      name: journalName(path),
      isStreaming: true,
      describe: (bytes) => describe(definition, bytes),
      async *run(context, messages) {
        for await (const message of messages) {
          for await (const item of answer(context, decode(request, message) as Request)) yield encode(response, item);
          return;
        }
      },
    },
  ];
}

export function clientStream<Request>(
  definition: Definition<Request>,
  answer: (context: CallContext, requests: AsyncIterable<Request>) => Promise<object>,
): [string, Method] {
  const { path, request, response } = definition;
  return [
    path,
    {
      name: journalName(path),
      isStreaming: false,
      describe: () => ({}),
      async *run(context, messages) {
        const requests = async function* () {
          for await (const message of messages) yield decode(request, message) as Request;
        };
        yield encode(response, await answer(context, requests()));
      },
    },
  ];
}

/** `/machine.MachineService/Reset` → `MachineService/Reset` */
function journalName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function describe<Request>(definition: Definition<Request>, bytes: Buffer): Record<string, unknown> {
  const request = decode(definition.request, bytes) as Request;
  return definition.describe?.(request) ?? (request as Record<string, unknown>);
}

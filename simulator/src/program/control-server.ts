import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { InjectedFault, Lab, LabMachine } from '../lab.ts';
import { deeds } from './deeds.ts';
import { readFaultRule } from './fault-rule.ts';
import { Mistake } from './problems.ts';

export interface ControlServer {
  /** `http://127.0.0.1:50080` */
  readonly url: string;
  close(): Promise<void>;
}

const help = `GET    /machines                      every machine: where it is and what it is doing
GET    /machines/NAME                 one of them
GET    /machines/NAME/configuration   its machine configuration
POST   /machines/NAME/DEED            ${Object.keys(deeds).join(', ')}
GET    /journal                       all that was asked of the machines and became of them, as JSON lines
GET    /faults                        the rules in force, and how many calls each has hit
POST   /faults                        a new one: { "method": "Reset", "action": { "drop": true }, "times": 1 }
DELETE /faults/ID, /faults            takes one away, or all of them
`;

/** What a request is answered with: text as it is, all else as JSON. */
interface Answer {
  readonly status: number;
  readonly content?: unknown;
}

/** Lets others see and disturb the machines by HTTP, on this computer alone. Rejects where the port cannot be had. */
export async function startControlServer(lab: Lab, port: number): Promise<ControlServer> {
  const control = new Control(lab);
  const server = createServer((request, response) => void respond(control, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Mistake(`127.0.0.1:${port} cannot be had for the control server (${error.code}); see --control`)),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(control: Control, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, content } = await answerTo(control, request);
  const isText = typeof content === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(content === undefined ? undefined : isText ? content : `${JSON.stringify(content, undefined, 2)}\n`);
}

async function answerTo(control: Control, request: IncomingMessage): Promise<Answer> {
  try {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const steps = pathname.split('/').filter((step) => step !== '');
    return control.answer(request.method ?? 'GET', steps.map(decodeURIComponent), jsonOf(await text(request)));
  } catch (error) {
    if (error instanceof Mistake) return { status: 400, content: { error: error.message } };
    return { status: 500, content: { error: error instanceof Error ? error.message : String(error) } };
  }
}

function jsonOf(body: string): unknown {
  if (body.trim() === '') return undefined;
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Mistake(`the body is no JSON: ${(error as Error).message}`);
  }
}

class Control {
  readonly #lab: Lab;
  readonly #faults = new Map<number, InjectedFault>();
  #lastFault = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  answer(method: string, [collection, name, part, ...more]: readonly string[], body: unknown): Answer {
    if (more.length > 0) return notFound;
    switch (`${method} ${collection ?? ''}`) {
      case 'GET ':
        return { status: 200, content: help };
      case 'GET journal':
        return {
          status: 200,
          content: this.#lab.journal.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
        };
      case 'GET machines':
        return name === undefined
          ? { status: 200, content: this.#lab.machines.map(describeMachine) }
          : this.#show(name, part);
      case 'POST machines':
        return name === undefined || part === undefined ? notFound : this.#do(name, part, body);
      case 'GET faults':
        return { status: 200, content: [...this.#faults.keys()].map((id) => this.#describeFault(id)) };
      case 'POST faults':
        return this.#inject(body);
      case 'DELETE faults':
        return this.#take(name);
      default:
        return notFound;
    }
  }

  #show(name: string, part: string | undefined): Answer {
    const machine = this.#machine(name);
    if (machine === undefined || (part !== undefined && part !== 'configuration')) return notFound;
    if (part === undefined) return { status: 200, content: describeMachine(machine) };
    const { configuration } = machine.inspect();
    return configuration === undefined ? notFound : { status: 200, content: configuration };
  }

  #do(name: string, deed: string, body: unknown): Answer {
    const machine = this.#machine(name);
    if (machine === undefined) return notFound;
    const act = Object.hasOwn(deeds, deed) ? deeds[deed] : undefined;
    if (act === undefined)
      throw new Mistake(`nobody can ${deed} a machine; there are ${Object.keys(deeds).join(', ')}`);
    act(machine, body);
    return { status: 200, content: describeMachine(machine) };
  }

  #inject(body: unknown): Answer {
    const rule = readFaultRule(
      body,
      this.#lab.machines.map(({ name }) => name),
    );
    this.#lastFault += 1;
    this.#faults.set(this.#lastFault, this.#lab.faults.inject(rule));
    return { status: 201, content: this.#describeFault(this.#lastFault) };
  }

  #take(id: string | undefined): Answer {
    const wanted = id === undefined ? [...this.#faults.keys()] : [Number(id)];
    if (!wanted.every((one) => this.#faults.has(one))) return notFound;
    for (const one of wanted) {
      this.#faults.get(one)?.();
      this.#faults.delete(one);
    }
    return { status: 204 };
  }

  #machine(name: string): LabMachine | undefined {
    return this.#lab.machines.find((machine) => machine.name === name);
  }

  #describeFault(id: number): object {
    const fault = this.#faults.get(id);
    return { id, hits: fault?.hits, ...fault?.rule };
  }
}

const notFound: Answer = { status: 404, content: { error: 'there is no such thing; GET / tells what there is' } };

/** Without the configuration, which is long and full of keys. */
function describeMachine(machine: LabMachine): object {
  const { configuration: _, ...state } = machine.inspect();
  return { name: machine.name, address: machine.address, ...state };
}

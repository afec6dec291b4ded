import { randomBytes } from 'node:crypto';

/** An event of machined: a message of package `machine`, by name, with its fields. */
export interface MachineEvent {
  id: string;
  actorId: string;
  /** `SequenceEvent`, `MachineStatusEvent`, … */
  type: string;
  payload: Record<string, unknown>;
  at: number;
}

const capacity = 1000;
const alphabet = '0123456789abcdefghijklmnopqrstuv';

/** The events of one boot, the newest thousand of them. */
export class EventLog {
  readonly events: MachineEvent[] = [];
  readonly #suffix = randomBytes(5);
  #count = 0;

  /** How many events there ever were: a position to go on from. */
  get position(): number {
    return this.#count;
  }

  publish(type: string, payload: Record<string, unknown>, actorId: string, at: number): void {
    this.#count += 1;
    this.events.push({ id: this.#xid(at), actorId, type, payload, at });
    if (this.events.length > capacity) this.events.shift();
  }

  /** The events from a position on that are still there. */
  since(position: number): MachineEvent[] {
    const missing = this.#count - position;
    return missing <= 0 ? [] : this.events.slice(-missing);
  }

  /** 20 characters that sort by time: seconds, machine, counter. */
  #xid(at: number): string {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32BE(Math.floor(at / 1000) >>> 0, 0);
    this.#suffix.copy(bytes, 4);
    bytes.writeUIntBE(this.#count % 0x1_00_00_00, 9, 3);
    const bits = [...bytes]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .padEnd(100, '0');
    return Array.from(
      { length: 20 },
      (_, index) => alphabet[Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)],
    ).join('');
  }
}

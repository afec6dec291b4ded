import protobuf from 'protobufjs';
import { protoText } from './proto-text.ts';

const { root } = protobuf.parse(protoText);

/** Bytes of a message of the Talos API, from its fields in camel case. Longs may be strings, enums names. */
export function encode(type: string, fields: object): Uint8Array {
  const messageType = root.lookupType(`talos.${type}`);
  return messageType.encode(messageType.fromObject(fields)).finish();
}

/** The fields of a message: all of them, with their defaults; enums as names, longs as strings, bytes as buffers. */
export function decode(type: string, bytes: Uint8Array): unknown {
  const messageType = root.lookupType(`talos.${type}`);
  const options = { longs: String, enums: String, defaults: true, bytes: Buffer };
  return messageType.toObject(messageType.decode(bytes), options);
}

export function timestampOf(ms: number): { seconds: number; nanos: number } {
  return { seconds: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) % 1e9 };
}

import { parse } from 'yaml';
import type { Access, CallOptions } from './access.ts';
import { stderrOf } from './errors.ts';
import { bytesOf, callOverApi } from './grpc-call.ts';
import { getResources, type Resource } from './resources.ts';

/** Types of resources by their short names, with the full name and the namespace in which a machine keeps them. */
const types = {
  addresses: { namespace: 'network', type: 'AddressStatuses.net.talos.dev', mayBeNone: false },
  addressspecs: { namespace: 'network', type: 'AddressSpecs.net.talos.dev', mayBeNone: true },
  diagnostics: { namespace: 'runtime', type: 'Diagnostics.runtime.talos.dev', mayBeNone: true },
  discoveredvolumes: { namespace: 'runtime', type: 'DiscoveredVolumes.block.talos.dev', mayBeNone: true },
  disks: { namespace: 'runtime', type: 'Disks.block.talos.dev', mayBeNone: false },
  hostname: { namespace: 'network', type: 'HostnameStatuses.net.talos.dev', mayBeNone: true },
  links: { namespace: 'network', type: 'LinkStatuses.net.talos.dev', mayBeNone: false },
  machinetype: { namespace: 'config', type: 'MachineTypes.config.talos.dev', mayBeNone: true },
  machinestatus: { namespace: 'runtime', type: 'MachineStatuses.runtime.talos.dev', mayBeNone: false },
  systemdisk: { namespace: 'runtime', type: 'SystemDisks.block.talos.dev', mayBeNone: true },
  systeminformation: { namespace: 'hardware', type: 'SystemInformations.hardware.talos.dev', mayBeNone: true },
  version: { namespace: 'runtime', type: 'Versions.runtime.talos.dev', mayBeNone: false },
  volumestatus: { namespace: 'runtime', type: 'VolumeStatuses.block.talos.dev', mayBeNone: true },
} as const;

export type ReadableType = keyof typeof types;

/**
 * Reads several types of resources over one connection, without a process. Where that does not give what every
 * machine has, `talosctl` is asked, one type after the other so that no process is left behind when one fails;
 * it also says what is wrong.
 */
export async function readResources<const T extends ReadableType>(
  access: Access,
  names: readonly T[],
  options: CallOptions = {},
): Promise<Record<T, Resource[]>> {
  const lists = await overApi(access, names, options).catch(() => undefined);
  options.signal?.throwIfAborted();
  const read = {} as Record<T, Resource[]>;
  for (const [index, name] of names.entries()) read[name] = lists?.[index] ?? (await byTalosctl(access, name, options));
  return read;
}

/** A type that came with a later version of Talos is as good as empty. */
async function byTalosctl(access: Access, name: ReadableType, options: CallOptions): Promise<Resource[]> {
  try {
    return await getResources(access, name, undefined, options);
  } catch (error) {
    if (types[name].mayBeNone && /is not registered/.test(stderrOf(error))) return [];
    throw error;
  }
}

/** Undefined in the place of a list that is empty, though no machine is without. */
async function overApi(
  access: Access,
  names: readonly ReadableType[],
  options: CallOptions,
): Promise<(Resource[] | undefined)[]> {
  const calls = names.map((name) => ({
    method: 'cosi.resource.State/List',
    fields: [types[name].namespace, types[name].type],
  }));
  const answers = await callOverApi(access, calls, options);
  return names.map((name, index) => {
    const list = (answers[index] ?? []).map(resourceOf);
    return list.length > 0 || types[name].mayBeNone ? list : undefined;
  });
}

/** `ListResponse { resource = 1 { metadata = 1 { id = 3 }, spec = 2 { yaml_spec = 2 } } }` */
function resourceOf(message: Buffer): Resource {
  const resource = bytesOf(message, 1);
  const yaml = bytesOf(bytesOf(resource, 2), 2).toString('utf8');
  return { id: bytesOf(bytesOf(resource, 1), 3).toString('utf8'), spec: parse(yaml, { version: '1.1' }) as unknown };
}

/** Reads a small file of a machine, as `talosctl read` does. `Data { bytes = 2 }` */
export async function readFileOverApi(access: Access, path: string, options: CallOptions = {}): Promise<string> {
  const [messages = []] = await callOverApi(
    access,
    [{ method: 'machine.MachineService/Read', fields: [path] }],
    options,
  );
  return Buffer.concat(messages.map((message) => bytesOf(message, 2))).toString('utf8');
}

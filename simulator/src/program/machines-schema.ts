import { z } from 'zod';
import { raspberryPi, type Timings } from '../timings.ts';

const units: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

const sizeWanted = 'write a size: bytes, or `64GB`, `1.5TiB`';

const size = z
  .union([z.int().positive(sizeWanted), z.string().regex(/^\d+(\.\d+)?\s*([KMGT]i?)?B$/i, sizeWanted)], {
    error: sizeWanted,
  })
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [, amount = '', unit = ''] = /^([\d.]+)\s*(\w+)$/.exec(value) ?? [];
    return Math.round(Number(amount) * (units[unit.toUpperCase()] ?? 1));
  });

const partition = z
  .strictObject({
    label: z.string().default(''),
    size,
    filesystem: z.string().optional(),
    uuid: z.string().optional(),
    files: z.record(z.string(), z.string()).optional(),
  })
  .transform(({ size: sizeBytes, ...rest }) => ({ ...given(rest), sizeBytes }));

const disk = z
  .strictObject({
    devPath: z.string().regex(/^\/dev\/\w+$/, 'write a device: `/dev/mmcblk0`'),
    size,
    model: z.string().optional(),
    serial: z.string().optional(),
    transport: z.enum(['mmc', 'usb', 'nvme', 'sata']),
    partitions: z.array(partition).optional(),
  })
  .transform(({ size: sizeBytes, ...rest }) => ({ ...given(rest), sizeBytes }));

const address = z
  .ipv4('write an address of the loopback network: `127.50.0.11`')
  .refine((value) => value.startsWith('127.'), 'write an address of the loopback network: `127.50.0.11`');

const machine = z
  .strictObject({
    name: z.string().regex(/^[\w.-]+$/, 'write a name of letters, digits, `.`, `-` and `_`'),
    address,
    prefixLength: z.int().min(8).max(32).optional(),
    link: z.string().min(1).optional(),
    mac: z
      .string()
      .regex(/^([\da-f]{2}:){5}[\da-f]{2}$/, 'write a MAC in lower case: `dc:a6:32:00:00:01`')
      .optional(),
    serial: z.string().optional(),
    uuid: z.string().optional(),
    talosVersion: z
      .string()
      .regex(/^v\d+\.\d+\.\d+/, 'write a version: `v1.13.9`')
      .optional(),
    systemDisk: disk.optional(),
    extraDisks: z.array(disk).optional(),
    installed: z.boolean().optional(),
    /** Of a file, relative to the one with the machines. */
    configuration: z.string().min(1).optional(),
    addressSource: z.enum(['dhcp', 'configuration']).optional(),
    maintenanceAddress: address.optional(),
  })
  .transform(given);

const timings = z
  .strictObject(
    Object.fromEntries(Object.keys(raspberryPi).map((name) => [name, z.number().min(0)])) as Record<
      keyof Timings,
      z.ZodNumber
    >,
  )
  .partial()
  .transform(given);

/** How long things take on one machine or on all of them, in simulated milliseconds. */
export const timingsSchema = timings;

/** What the file with the machines holds. */
export const machinesSchema = z.strictObject({
  speed: z.number().positive('write a number above 0').optional(),
  timings: timings.optional(),
  bootstrapped: z.string().optional(),
  machines: z.array(machine).min(1, 'name at least one machine'),
});

/** The value without what is undefined: absent and undefined are two things to the simulator's types. */
export function given<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}

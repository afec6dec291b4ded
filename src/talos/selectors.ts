import { Environment, evaluate } from '@marcbachmann/cel-js';

/** A selector of a volume document could not be evaluated. Says why; never a guess instead. */
export class SelectorNotUnderstood extends Error {
  override readonly name = 'SelectorNotUnderstood';
}

type FieldType = 'string' | 'uint' | 'bool' | 'list<string>';

// The fields of Talos's DiskSpec and DiscoveredVolumeSpec (1.13), by their names in selectors. Absent ones
// are zero, as in protobuf.
const diskFields = {
  dev_path: 'string',
  size: 'uint',
  pretty_size: 'string',
  io_size: 'uint',
  sector_size: 'uint',
  readonly: 'bool',
  cdrom: 'bool',
  model: 'string',
  serial: 'string',
  modalias: 'string',
  wwid: 'string',
  uuid: 'string',
  bus_path: 'string',
  sub_system: 'string',
  transport: 'string',
  rotational: 'bool',
  secondary_disks: 'list<string>',
  symlinks: 'list<string>',
} as const satisfies Record<string, FieldType>;

const volumeFields = {
  dev_path: 'string',
  type: 'string',
  device_path: 'string',
  parent: 'string',
  parent_dev_path: 'string',
  offset: 'uint',
  size: 'uint',
  pretty_size: 'string',
  sector_size: 'uint',
  io_size: 'uint',
  name: 'string',
  uuid: 'string',
  label: 'string',
  block_size: 'uint',
  filesystem_block_size: 'uint',
  probed_size: 'uint',
  partition_uuid: 'string',
  partition_type: 'string',
  partition_label: 'string',
  partition_index: 'uint',
} as const satisfies Record<string, FieldType>;

/** The constants that Talos gives to selectors. */
const units = Object.fromEntries([
  ...['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'].map((unit, power) => [unit, 1024n ** BigInt(power + 1)] as const),
  ...['kB', 'MB', 'GB', 'TB', 'PB', 'EB'].map((unit, power) => [unit, 1000n ** BigInt(power + 1)] as const),
]);

type Spec = Readonly<Record<string, unknown>>;

/**
 * Compiles the selector of a disk (`provisioning.diskSelector.match`). Throws
 * SelectorNotUnderstood, also when it is used.
 */
export function diskSelector(expression: string): (disk: Spec, isSystemDisk: boolean) => boolean {
  const environment = withUnits()
    .registerVariable({ name: 'disk', schema: diskFields })
    .registerVariable('system_disk', 'bool')
    .registerFunction('glob(string, string): bool', (pattern: string, text: string) => globMatches(pattern, text));
  const holds = compile(environment, expression);
  return (disk, isSystemDisk) => holds({ disk: filled(diskFields, disk), system_disk: isSystemDisk });
}

/** Compiles the selector of a volume (`discovery.volumeSelector.match`); `disk` is the one that the volume is on. */
export function volumeSelector(expression: string): (volume: Spec, disk: Spec) => boolean {
  const environment = withUnits()
    .registerVariable({ name: 'volume', schema: volumeFields })
    .registerVariable({ name: 'disk', schema: diskFields });
  const holds = compile(environment, expression);
  return (volume, disk) => holds({ volume: filled(volumeFields, volume), disk: filled(diskFields, disk) });
}

function withUnits(): Environment {
  const environment = new Environment();
  for (const [unit, bytes] of Object.entries(units)) environment.registerConstant(unit, 'uint', uint(bytes));
  return environment;
}

function compile(environment: Environment, expression: string): (context: Spec) => boolean {
  const { valid, type, error } = environment.check(expression);
  if (!valid) throw new SelectorNotUnderstood(`\`${expression}\`: ${firstLine(error)}`);
  if (type !== 'bool') throw new SelectorNotUnderstood(`\`${expression}\` is of type ${type}, not a condition`);
  const holds = environment.parse(expression);
  return (context) => {
    try {
      return holds(context) === true;
    } catch (error_) {
      throw new SelectorNotUnderstood(`\`${expression}\`: ${firstLine(error_)}`);
    }
  };
}

function filled(fields: Readonly<Record<string, FieldType>>, spec: Spec): Spec {
  return Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, valueOf(type, spec[name])]));
}

function valueOf(type: FieldType, value: unknown): unknown {
  switch (type) {
    case 'string':
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    case 'uint':
      return uint(BigInt(Math.trunc(Number(value ?? 0))));
    case 'bool':
      return value === true;
    case 'list<string>':
      return Array.isArray(value) ? value.map(String) : [];
  }
}

/** The library does not export its class of unsigned numbers, so it has to make each of them. */
function uint(value: bigint): unknown {
  return evaluate('uint(value)', { value });
}

/** Only `*` is special, as in the library that Talos uses. */
function globMatches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

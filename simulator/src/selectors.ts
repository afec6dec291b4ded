import { CelScalar, celEnv, celFunc, celUint, isCelError, parse, plan, type CelInput } from '@bufbuild/cel';

/** Sizes by their units, as Talos gives them to selectors: `10u * GiB`. */
const units = Object.fromEntries([
  ...['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'].map((unit, power) => [unit, celUint(1024n ** BigInt(power + 1))]),
  ...['kB', 'MB', 'GB', 'TB', 'PB', 'EB'].map((unit, power) => [unit, celUint(1000n ** BigInt(power + 1))]),
]);

const environment = celEnv({
  funcs: [
    celFunc('glob', [CelScalar.STRING, CelScalar.STRING], CelScalar.BOOL, matchesGlob),
    celFunc('mac', [CelScalar.BYTES], CelScalar.STRING, (bytes) =>
      [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    ),
  ],
});

/**
 * Whether a selector of a disk, volume or link holds for what is in scope: `disk`, `system_disk`, `volume`,
 * `link`. It is an expression in CEL with Talos's own additions. Throws an Error in the evaluator's words where it
 * is none, or no condition.
 */
export function selects(expression: string, scope: Record<string, CelInput>): boolean {
  const value = plan(environment, parse(expression))({ ...units, ...scope });
  if (isCelError(value)) throw value;
  if (typeof value !== 'boolean') throw new Error(`\`${expression}\` is not a condition`);
  return value;
}

/** `*` stands for anything. */
function matchesGlob(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

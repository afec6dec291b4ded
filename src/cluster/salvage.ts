import { z } from 'zod';

/**
 * What is left of a value after everything invalid is taken out. Lists keep their length, so that indexes stay true; a
 * key that is there with an invalid value holds `undefined`.
 */
export type Salvaged<T> = T extends readonly (infer Item)[]
  ? readonly (Salvaged<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Salvaged<T[Key]> | undefined }
    : T;

/**
 * Parses what can be parsed: each part of `input` that fits its own schema, so that checks across keys can still run
 * over a file that has mistakes elsewhere, and all mistakes can be told at once.
 */
export function salvage<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): Salvaged<z.output<Schema>> | undefined {
  return salvageAny(schema, input) as Salvaged<z.output<Schema>> | undefined;
}

function salvageAny(schema: z.core.$ZodType, input: unknown): unknown {
  const whole = z.safeParse(schema, input);
  if (whole.success) return whole.data;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return salvageAny(schema.unwrap(), input);
  }
  if (schema instanceof z.ZodObject) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return undefined;
    const entries = Object.entries(schema.shape).flatMap(([key, inner]) => {
      const value = salvageAny(inner, (input as Record<string, unknown>)[key]);
      return value !== undefined || Object.hasOwn(input, key) ? [[key, value] as const] : [];
    });
    return Object.fromEntries(entries);
  }
  if (schema instanceof z.ZodArray) {
    if (!Array.isArray(input)) return undefined;
    return input.map((item) => salvageAny(schema.element, item));
  }
  return undefined;
}

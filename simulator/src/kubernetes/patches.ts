import { isFields, sameJson, type Fields } from './objects.ts';
import { badRequest, StatusError } from './status.ts';

/** JSON merge patch, RFC 7386: null removes, objects merge, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = mergePatch(result[field], value);
  }
  return result;
}

/** JSON patch, RFC 6902. A failed `test` or a path that is not there refuses the whole patch. */
export function jsonPatch(target: Fields, operations: unknown): Fields {
  if (!Array.isArray(operations)) throw badRequest('a JSON patch is a list of operations');
  const holder: Fields = { root: structuredClone(target) };
  for (const operation of operations) {
    if (!isFields(operation)) throw badRequest('a JSON patch is a list of operations');
    const { op, path, from, value } = operation;
    switch (op) {
      case 'add':
        add(holder, path, structuredClone(value));
        break;
      case 'remove':
        remove(holder, path);
        break;
      case 'replace':
        remove(holder, path);
        add(holder, path, structuredClone(value));
        break;
      case 'move':
        add(holder, path, remove(holder, from));
        break;
      case 'copy':
        add(holder, path, structuredClone(read(holder, from)));
        break;
      case 'test':
        if (!sameJson(read(holder, path), value)) throw unprocessable(`testing value ${String(path)} failed`);
        break;
      default:
        throw badRequest(`unexpected kind of JSON patch operation: ${String(op)}`);
    }
  }
  const { root } = holder;
  if (!isFields(root)) throw unprocessable('the patch leaves no object');
  return root;
}

function unprocessable(message: string): StatusError {
  return new StatusError(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`);
}

/** The value that holds the last step of a JSON pointer, and that step. */
function locate(holder: Fields, pointer: unknown): { parent: unknown; step: string } {
  if (typeof pointer !== 'string') throw badRequest('a JSON patch operation needs a path');
  const steps = ['root', ...pointer.split('/').slice(1)].map((step) =>
    step.replaceAll('~1', '/').replaceAll('~0', '~'),
  );
  const step = steps.pop() ?? '';
  let parent: unknown = holder;
  for (const one of steps) {
    parent = Array.isArray(parent) ? parent[Number(one)] : isFields(parent) ? parent[one] : undefined;
  }
  if (!Array.isArray(parent) && !isFields(parent)) throw unprocessable(`path ${pointer} does not exist`);
  return { parent, step };
}

function read(holder: Fields, pointer: unknown): unknown {
  const { parent, step } = locate(holder, pointer);
  return Array.isArray(parent) ? parent[Number(step)] : (parent as Fields)[step];
}

function add(holder: Fields, pointer: unknown, value: unknown): void {
  const { parent, step } = locate(holder, pointer);
  if (Array.isArray(parent)) parent.splice(step === '-' ? parent.length : Number(step), 0, value);
  else (parent as Fields)[step] = value;
}

function remove(holder: Fields, pointer: unknown): unknown {
  const { parent, step } = locate(holder, pointer);
  const value = read(holder, pointer);
  if (value === undefined) throw unprocessable(`path ${String(pointer)} does not exist`);
  if (Array.isArray(parent)) parent.splice(Number(step), 1);
  else delete (parent as Fields)[step];
  return value;
}

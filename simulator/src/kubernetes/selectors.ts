import { textAt, type KubernetesObject } from './objects.ts';
import { badRequest } from './status.ts';

export type Selector = (object: KubernetesObject) => boolean;

/** Both selectors of a list or watch as one test. Throws 400 for what cannot be read. */
export function selectorOf(query: URLSearchParams): Selector {
  const tests = [
    ...splitOutsideParentheses(query.get('labelSelector') ?? '').map(labelTest),
    ...(query.get('fieldSelector') ?? '').split(',').filter(Boolean).map(fieldTest),
  ];
  return (object) => tests.every((test) => test(object));
}

function splitOutsideParentheses(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);
}

function labelTest(requirement: string): Selector {
  const labelOf = (object: KubernetesObject, key: string) => object.metadata.labels?.[key];

  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(requirement);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (object) => values.includes(labelOf(object, key) ?? '\0') === (operator === 'in');
  }
  const equality = /^(\S+?)\s*(==|!=|=)\s*(\S*)$/.exec(requirement);
  if (equality !== null) {
    const [, key = '', operator, value] = equality;
    return (object) => (labelOf(object, key) === value) === (operator !== '!=');
  }
  const existence = /^(!?)\s*([^\s!=(),]+)$/.exec(requirement);
  if (existence === null) throw badRequest(`unable to parse requirement: ${requirement}`);
  const [, negation, key = ''] = existence;
  return (object) => (labelOf(object, key) !== undefined) === (negation === '');
}

function fieldTest(requirement: string): Selector {
  const parts = /^([^!=]+)(==|!=|=)(.*)$/.exec(requirement);
  if (parts === null) throw badRequest(`invalid field selector: "${requirement}"`);
  const [, field = '', operator, value] = parts;
  return (object) => (textAt(object, ...field.split('.')) === value) === (operator !== '!=');
}

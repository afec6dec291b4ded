import { notAcceptable } from './status.ts';

/** The forms in which an answer can be given. */
export type AnswerForm =
  'json' | 'yaml' | 'table' | 'metadata' | 'metadata list' | 'discovery list v2' | 'discovery list v2beta1';

/** The first form that both the client's Accept header and the request allow. Throws 406 if there is none. */
export function answerForm(accept: string | undefined, allowed: readonly AnswerForm[]): AnswerForm {
  const offers = (accept ?? '*/*').split(',').map(formOf);
  const found = offers.find((form) => form !== undefined && allowed.includes(form));
  if (found === undefined) throw notAcceptable();
  return found;
}

function formOf(offer: string): AnswerForm | undefined {
  const [type = '', ...parameters] = offer.split(';').map((part) => part.trim());
  if (type === '*/*' || type === 'application/*') return 'json';
  if (type === 'application/yaml') return 'yaml';
  if (type !== 'application/json') return undefined;
  const { as, v } = Object.fromEntries(parameters.map((one) => one.split('=') as [string, string]));
  switch (as) {
    case undefined:
      return 'json';
    case 'Table':
      return v === 'v1' ? 'table' : undefined;
    case 'PartialObjectMetadata':
      return 'metadata';
    case 'PartialObjectMetadataList':
      return 'metadata list';
    case 'APIGroupDiscoveryList':
      return v === 'v2' ? 'discovery list v2' : v === 'v2beta1' ? 'discovery list v2beta1' : undefined;
    default:
      return undefined;
  }
}

import { z } from 'zod';
import { isMethod, type FaultRule } from '../lab.ts';
import { methodNames } from '../talos-api/invoke.ts';
import { codes, type CodeName } from '../talos-api/rpc-error.ts';
import { given } from './machines-schema.ts';
import { describeProblem, Mistake, problemsOf } from './problems.ts';

const message = z.string().default('a fault was injected');

const action = z.union(
  [
    z.strictObject({
      refuse: z.strictObject({ code: z.union([z.int().min(1).max(16), z.enum(namesOfCodes())]), message }),
    }),
    z.strictObject({ status: z.int().min(400).max(599), message }),
    z.strictObject({ delayMs: z.number().positive() }),
    z.strictObject({ drop: z.literal(true) }),
    z.strictObject({ hang: z.literal(true) }),
  ],
  {
    error:
      'write one of { "refuse": { "code": 14, "message": "…" } }, { "status": 503, "message": "…" }, { "delayMs": 1000 }, ' +
      '{ "drop": true }, { "hang": true }',
  },
);

const rule = z.strictObject({
  machine: z.string().optional(),
  method: z.string(),
  phase: z.enum(['before', 'after']).default('before'),
  action,
  skip: z.int().min(0).optional(),
  times: z.int().min(1).optional(),
});

const verbs = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** A fault as somebody wrote it. Throws a {@link Mistake} where no call could ever meet it. */
export function readFaultRule(value: unknown, machines: readonly string[]): FaultRule {
  const checked = rule.safeParse(value, { reportInput: true });
  if (!checked.success) throw new Mistake(...problemsOf(checked.error).map(describeProblem));
  const { method, machine, action: what } = checked.data;
  if (machine !== undefined && !machines.includes(machine))
    throw new Mistake(`machine: there is no ${machine}; there are ${machines.join(', ')}`);
  const isKubernetes = verbs.some((verb) => isMethod(`kubernetes:${verb}`, method));
  if (!isKubernetes && !methodNames.some((name) => isMethod(name, method)))
    throw new Mistake(
      `method: no call is named ${method}`,
      `Of the Talos API: ${methodNames.toSorted().join(', ')}`,
      `Of the Kubernetes API: ${verbs.map((verb) => `kubernetes:${verb}`).join(', ')}`,
    );
  if ('status' in what && !isKubernetes)
    throw new Mistake('action: a status is for the Kubernetes API; write `refuse`');
  if ('refuse' in what && isKubernetes) throw new Mistake('action: `refuse` is for the Talos API; write `status`');
  if (!('refuse' in what)) return given({ ...checked.data, action: what });
  const { code, message: text } = what.refuse;
  const refuse = { code: typeof code === 'number' ? code : codes[code], message: text };
  return given({ ...checked.data, action: { refuse } });
}

function namesOfCodes(): [CodeName, ...CodeName[]] {
  return Object.keys(codes) as [CodeName, ...CodeName[]];
}

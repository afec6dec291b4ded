import type { Progress } from '../run/progress.ts';
import type { RequestOf } from '../run/request.ts';
import { doing } from './activities.ts';
import { consent, whileStillTrue } from './consent.ts';
import { Run } from './run.ts';

/** Knocks at one machine, once a person has agreed, and listens to what it tells of itself. */
export async function knockOnNode(request: RequestOf<'knock'>): Promise<Progress> {
  const run = new Run(request);
  return run.carryOut(async () => {
    const { node } = request;
    const agreed = await consent(run, request, {
      look: (reference) => doing(`Look at ${node}`).checkPreconditions({ run: reference }),
      plan: (reference) => doing('Write down who knocks where').planKnock({ run: reference, node }),
    });
    const { reference } = agreed;
    await run.phase('knock', () => whileStillTrue(run, agreed, async () => run.progress.remark(`Knocked at ${node}.`)));
    await run.phase('listen', async () => {
      const input = { run: reference, phase: 'listen', at: run.progress.now.startedAt, nodes: [node] } as const;
      run.progress.remark(`What it said is in ${await doing(`Listen to ${node}`).collectEvidence(input)}.`);
    });
    run.finish('answered', `${node} answered.`);
  });
}

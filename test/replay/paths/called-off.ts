import { nodeWorkflowIdOf } from '../../../src/run/request.ts';
import { endOf, twoMachines } from '../recorded-path.ts';
import type { RecordedPath } from '../recorded-path.ts';

/** The ways in which somebody may want a run, or a machine's part in it, to stop. */
export const calledOff: readonly RecordedPath[] = [
  {
    // Before the point of no return: the machines that were reset get their old configuration back.
    name: 'called-off',
    mark: 'restoreNode',
    options: { controlPlanes: 1, workers: 2 },
    take: async ({ lab, start }) => {
      lab.machine('w-2').setTimings({ boot: 240_000 });
      const rebuild = await start();
      await rebuild.approve();
      await lab.until(() => lab.journal.requests('w-2', 'Reset').length === 1);
      await rebuild.cancel();
      return [await endOf(rebuild, 'called off')];
    },
  },
  {
    // The canary is away, so giving it back is tried until it is there again.
    name: 'give-back-retried',
    mark: 'test answered canary: retry',
    options: { ...twoMachines, settings: 'timeouts: { reset: 6s, apply: 3s }\n' },
    take: async ({ lab, start }) => {
      const rebuild = await start();
      await rebuild.approve();
      await lab.until(() => lab.journal.effects('w-1', 'wiped').length === 1);
      lab.machine('w-1').powerOff();
      await rebuild.gate('canary/w-1');
      await rebuild.cancel();
      await rebuild.gate('canary');
      lab.machine('w-1').powerOn();
      await lab.until(() => lab.machine('w-1').inspect().stage === 'maintenance');
      await rebuild.answer('canary', 'retry');
      return [await endOf(rebuild, 'called off')];
    },
  },
  {
    // Before its first step.
    name: 'cancelled-at-once',
    mark: 'Called off by Temporal',
    options: twoMachines,
    take: async ({ start, stopWorker, startWorker }) => {
      await stopWorker();
      const rebuild = await start();
      await rebuild.handle.cancel();
      await startWorker();
      return [await endOf(rebuild, 'called off')];
    },
  },
  {
    name: 'cancelled-by-temporal',
    mark: 'restoreNode',
    options: twoMachines,
    take: async ({ lab, start }) => {
      lab.machine('w-1').setTimings({ boot: 240_000 });
      const rebuild = await start();
      await rebuild.approve();
      await lab.until(() => lab.journal.requests('w-1', 'Reset').length === 1);
      await rebuild.handle.cancel();
      return [await endOf(rebuild, 'called off')];
    },
  },
  {
    // A cancel request is only taken down then; a machine whose own workflow is ended by hand is a question.
    name: 'cancelled-too-late',
    mark: 'Temporal asked to cancel',
    options: twoMachines,
    take: async ({ lab, client, cluster, start }) => {
      lab.machine('cp-1').setTimings({ boot: 240_000 });
      const rebuild = await start();
      await rebuild.approve();
      await lab.until(() => lab.journal.requests('cp-1', 'Reset').length === 1);
      await rebuild.handle.cancel();
      await client.workflow.getHandle(nodeWorkflowIdOf(cluster, 'cp-1')).cancel();
      await rebuild.gate('reset/cp-1');
      await client.workflow.getHandle(nodeWorkflowIdOf(cluster, 'w-1')).terminate('somebody tidied up');
      await rebuild.answer('reset/cp-1', 'retry');
      await rebuild.answer('bootstrap/w-1', 'retry');
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
];

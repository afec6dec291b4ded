import { endOf, twoMachines } from '../recorded-path.ts';
import type { RecordedPath } from '../recorded-path.ts';
import { lastWorkflowTask, resetWorkflow } from '../../rebuild/workflow-reset.ts';
import { failOnce } from '../worker-of-version.ts';
import { startKillableWorker } from '../killable-worker.ts';

/** Runs whose worker, whose code or which themselves went away in the middle. */
export const interruptions: readonly RecordedPath[] = [
  {
    // Killed while a machine is reset: the step is tried again, and a message finds nobody at home.
    name: 'worker-killed',
    mark: 'TIMEOUT_TYPE_HEARTBEAT',
    options: twoMachines,
    take: async (rehearsal) => {
      const { lab, start, stopWorker } = rehearsal;
      await stopWorker();
      const first = await startKillableWorker(rehearsal);
      const rebuild = await start();
      await rebuild.approve();
      await lab.until(() => lab.journal.requests('w-1', 'Reset').length === 1);
      await first.kill();
      const second = await startKillableWorker(rehearsal);
      await rebuild.pause();
      await rebuild.resume();
      const end = await endOf(rebuild, 'rebuilt');
      await second.stop();
      return [end];
    },
  },
  {
    // A version with a defect fails at a workflow task, and the next version goes on.
    name: 'defect-mended',
    mark: 'EVENT_TYPE_WORKFLOW_TASK_FAILED',
    options: twoMachines,
    take: async (rehearsal) => {
      const rebuild = await rehearsal.start();
      await rebuild.gate('approval');
      await rehearsal.stopWorker();
      await failOnce(rehearsal, rebuild);
      await rehearsal.startWorker();
      await rebuild.approve();
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    // Terminated with one machine wiped; another run goes on from what the machines show.
    name: 'lost-run',
    mark: 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED',
    options: twoMachines,
    take: async ({ lab, start }) => {
      const lost = await start();
      await lost.approve();
      await lab.until(() => lab.journal.effects('w-1', 'wiped').length === 1);
      await lost.handle.terminate('somebody tidied up');
      const rebuild = await start();
      await rebuild.approve();
      return [lost.handle.firstExecutionRunId, await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    // Set back in the Web UI to before its approval, which does not count a second time.
    name: 'workflow-reset',
    mark: 'a person was curious',
    options: twoMachines,
    take: async (rehearsal) => {
      const rebuild = await rehearsal.start();
      await rebuild.gate('approval');
      await rebuild.pause();
      const asked = await lastWorkflowTask(rebuild);
      await rebuild.approve();
      const first = rebuild.handle.firstExecutionRunId;
      const second = await resetWorkflow(rehearsal, first, asked);
      const current = rehearsal.current();
      await current.resume();
      await current.approve();
      await endOf({ ...rebuild, result: () => current.result() }, 'rebuilt');
      return [first, second];
    },
  },
];

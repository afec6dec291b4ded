import { edit } from '../../rebuild/edit-file.ts';
import { endOf, twoMachines } from '../recorded-path.ts';
import type { RecordedPath } from '../recorded-path.ts';

const locked = {
  method: 'Reset',
  phase: 'before',
  action: { refuse: { code: 9, message: 'locked' } },
  times: 1,
} as const;

/** Steps that fail, and every answer to the question that follows. */
export const questions: readonly RecordedPath[] = [
  {
    name: 'gate-and-retry',
    mark: 'test answered canary/w-1: retry',
    options: twoMachines,
    take: async ({ lab, start }) => {
      lab.machine('w-1').powerOff();
      const rebuild = await start();
      await rebuild.gate('preflight');
      lab.machine('w-1').powerOn();
      await lab.until(() => lab.machine('w-1').inspect().stage === 'running');
      await rebuild.answer('preflight', 'retry');
      await rebuild.gate('approval');
      lab.faults.inject({ ...locked, machine: 'w-1' });
      lab.faults.inject({ ...locked, machine: 'cp-1' });
      await rebuild.approve();
      await rebuild.answer('canary/w-1', 'retry');
      await rebuild.answer('reset/cp-1', 'retry');
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    name: 'worker-given-up',
    mark: '"stage":"given up"',
    options: { controlPlanes: 1, workers: 2, settings: 'timeouts: { reset: 8s }\n' },
    take: async ({ lab, start }) => {
      const rebuild = await start();
      await rebuild.gate('approval');
      lab.machine('w-2').setTimings({ boot: 600_000 });
      await rebuild.approve();
      await rebuild.answer('reset/w-2', 'skip');
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    name: 'drill-skipped',
    mark: 'test answered failoverDrill: skip',
    options: { controlPlanes: 3, workers: 0, settings: 'failover: { budget: 1s }\n' },
    take: async ({ lab, start }) => {
      const rebuild = await start();
      await rebuild.approve();
      await lab.until(() => lab.journal.requests(undefined, 'Reboot').length === 1);
      const away = { refuse: { code: 14, message: 'not yet' } };
      lab.faults.inject({ method: 'kubernetes:GET', phase: 'before', action: away, times: 40 });
      await rebuild.answer('failoverDrill', 'skip');
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    // Refused first, because nothing is different; then rejected; then approved, and brought to
    // machines that run already.
    name: 'amended',
    mark: 'adoptAmendment',
    options: { ...twoMachines, settings: 'timeouts: { verify: 10s }\n' },
    take: async ({ lab, start, clusterFile }) => {
      const rebuild = await start();
      await rebuild.approve();
      await lab.until(() => lab.journal.requests('w-1', 'Reset').length === 1);
      lab.machine('cp-1').renameLink('enp1s0');
      const { nonce } = await rebuild.gate('verify');
      await rebuild.answer('verify', 'amend');
      while ((await rebuild.gate('verify')).nonce === nonce);
      await edit(clusterFile, 'link: end0', 'link: enp1s0');
      await rebuild.answer('verify', 'amend');
      await rebuild.reject('approval/amendment-2');
      await rebuild.answer('verify', 'amend');
      await rebuild.approve('approval/amendment-3');
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    name: 'bootstrap-moved',
    mark: '"bootstrapMove"',
    options: { controlPlanes: 2, workers: 0, settings: 'bootstrapNode: cp-1\ntimeouts: { bootstrap: 5s }\n' },
    take: async ({ lab, start, clusterFile }) => {
      const rebuild = await start();
      await rebuild.approve();
      const away = { refuse: { code: 14, message: 'away' } };
      lab.faults.inject({ method: 'Bootstrap', phase: 'before', action: away, machine: 'cp-1' });
      await rebuild.gate('bootstrap');
      lab.machine('cp-1').powerOff();
      await edit(clusterFile, 'bootstrapNode: cp-1', 'bootstrapNode: cp-2');
      await rebuild.answer('bootstrap', 'amend');
      await rebuild.approve('approval/amendment-1');
      await lab.until(() => lab.journal.effects('cp-2', 'bootstrapped').length === 1);
      lab.machine('cp-1').powerOn();
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    // The second try finds no snapshot either, and a person goes on without one.
    name: 'saved-in-part',
    mark: 'test answered backUp: skip',
    options: twoMachines,
    take: async ({ lab, start }) => {
      lab.faults.inject({
        method: 'EtcdSnapshot',
        phase: 'before',
        action: { refuse: { code: 9, message: 'broken' } },
      });
      const rebuild = await start();
      await rebuild.approve();
      await rebuild.answer('backUp', 'retry');
      await rebuild.answer('backUp', 'skip');
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    name: 'aborted',
    mark: '"outcome":"aborted"',
    options: { ...twoMachines, settings: "notify: [{ command: ['true'] }]\n" },
    take: async ({ lab, start }) => {
      const rebuild = await start();
      await rebuild.gate('approval');
      lab.faults.inject({ ...locked, machine: 'w-1' });
      await rebuild.approve();
      await rebuild.answer('canary/w-1', 'abort');
      return [await endOf(rebuild, 'aborted')];
    },
  },
];

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownPodNetwork } from '../../rebuild/own-pod-network.ts';
import type { RunningRebuild } from '../../rebuild/rehearsal.ts';
import { endOf, twoMachines } from '../recorded-path.ts';
import type { RecordedPath } from '../recorded-path.ts';

/** Runs in which nothing goes wrong. */
export const builds: readonly RecordedPath[] = [
  {
    name: 'rebuilt',
    mark: '"proven":true',
    options: { controlPlanes: 3, workers: 1 },
    take: async ({ start }) => {
      const rebuild = await start();
      await rebuild.approve();
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    name: 'first-build',
    mark: '"reset":"none"',
    options: { ...twoMachines, oldCluster: false },
    take: async ({ start }) => {
      const rebuild = await start();
      await rebuild.approve();
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    // What cluster.yaml can add: a pod network, people who are told, consent before the drill and before
    // the new set is put in use.
    name: 'every-option',
    mark: 'installPodNetwork',
    options: {
      controlPlanes: 3,
      workers: 0,
      secrets: 'keep',
      files: ownPodNetwork.files,
      settings: `${ownPodNetwork.settings}notify: [{ command: ['true'] }]
approval: { before: [reset, failoverDrill, finalize] }
`,
    },
    take: async ({ start }) => {
      const rebuild = await start();
      await rebuild.approve();
      await rebuild.approve('approval/failoverDrill');
      await rebuild.approve('approval/finalize');
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    // One machine, which cannot be spared as a canary, and a person who wants to look before the new set is put in use.
    name: 'not-promoted',
    mark: 'The new set was not promoted: rejected by test',
    options: { controlPlanes: 1, workers: 0, settings: 'approval: { before: [reset, finalize] }\n' },
    take: async ({ start }) => {
      const rebuild = await start();
      await rebuild.approve();
      await rebuild.reject('approval/finalize');
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
  {
    name: 'drill-rejected',
    mark: '"gate":"approval/failoverDrill","digest"',
    options: { controlPlanes: 3, workers: 0, settings: 'approval: { before: [reset, failoverDrill] }\n' },
    take: async ({ lab, start }) => {
      const rebuild = await start();
      await rebuild.approve();
      await rebuild.reject('approval/failoverDrill');
      const end = await endOf(rebuild, 'rebuilt');
      assert.deepEqual(lab.journal.requests(undefined, 'Reboot'), []);
      return [end];
    },
  },
  {
    name: 'planned',
    mark: '"outcome":"planned"',
    options: twoMachines,
    take: async ({ start }) => [await endOf(await start({ onlyPlan: true }), 'planned')],
  },
  {
    // Twice: before it asks for approval, and before the control planes are reset.
    name: 'paused',
    mark: 'test paused the run',
    options: twoMachines,
    take: async ({ lab, start }) => {
      const rebuild = await start();
      await rebuild.pause();
      await standsStill(rebuild);
      await rebuild.resume();
      await rebuild.approve();
      await lab.until(() => lab.journal.requests('w-1', 'Reset').length === 1);
      await rebuild.pause();
      await standsStill(rebuild);
      assert.deepEqual(lab.journal.requests('cp-1', 'Reset'), []);
      await rebuild.resume();
      return [await endOf(rebuild, 'rebuilt')];
    },
  },
];

async function standsStill(rebuild: RunningRebuild): Promise<void> {
  while ((await rebuild.progress()).pause?.at === undefined) await sleep(50);
}

import { appendFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { approveSignal } from '../../../src/workflows/messages.ts';
import { endOf, twoMachines } from '../recorded-path.ts';
import type { RecordedPath } from '../recorded-path.ts';
import { asRebuildPlan } from '../../../src/run/plan/approvable-plan.ts';

const matchesNothing = `apiVersion: v1alpha1
kind: ExistingVolumeConfig
name: photos
discovery: { volumeSelector: { match: 'disk.serial == "of no disk"' } }
`;

/** What may become of a plan that nobody, or not everybody, agrees with. */
export const approvals: readonly RecordedPath[] = [
  {
    name: 'rejected',
    mark: '"outcome":"rejected"',
    options: twoMachines,
    take: async ({ start }) => {
      const rebuild = await start();
      await rebuild.reject();
      return [await endOf(rebuild, 'rejected')];
    },
  },
  {
    name: 'expired',
    mark: '"outcome":"expired"',
    options: {
      ...twoMachines,
      settings: "approval: { expires: 3s, remindEvery: 1s }\nnotify: [{ command: ['true'] }]\n",
    },
    take: async ({ start }) => [await endOf(await start(), 'expired')],
  },
  {
    // Approved by a signal, as from the Web UI, and void since: the new secrets are not those of the plan any more.
    name: 'approval-void',
    mark: '"outcome":"refused"',
    options: twoMachines,
    take: async ({ folder, start }) => {
      const rebuild = await start();
      const gate = await rebuild.gate('approval');
      const { runId, plan } = await rebuild.progress();
      await appendFile(
        path.join(folder.sets, asRebuildPlan(plan)?.plan.set ?? '', 'nodes', 'w-1.yaml'),
        '# changed since\n',
      );
      const digest = gate.kind === 'approval' ? gate.digest : '';
      const decision = { gate: gate.id, nonce: gate.nonce, digest, runId, by: 'somebody', reason: '' };
      await rebuild.handle.signal(approveSignal, { ...decision, nonce: 'of an earlier question' });
      await rebuild.handle.signal(approveSignal, decision);
      return [await endOf(rebuild, 'refused')];
    },
  },
  {
    // A patch that fits no machine is mended, and everything is read again.
    name: 'plan-mended',
    mark: 'test answered plan: retry',
    options: {
      ...twoMachines,
      files: { 'patch.yaml': matchesNothing },
      settings: 'patches: { worker: [patch.yaml] }\n',
    },
    take: async ({ clusterFile, start }) => {
      const rebuild = await start();
      await rebuild.gate('plan');
      await writeFile(
        path.join(path.dirname(clusterFile), 'patch.yaml'),
        'machine: { nodeLabels: { mended: "yes" } }\n',
      );
      await rebuild.answer('plan', 'retry');
      await rebuild.reject();
      return [await endOf(rebuild, 'rejected')];
    },
  },
];

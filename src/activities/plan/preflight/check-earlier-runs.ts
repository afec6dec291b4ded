import { endOf, planOfRun } from '../../../cluster/earlier-work.ts';
import type { ClusterFolder } from '../../../cluster/folder.ts';
import { unfinishedRuns } from '../../../cluster/runs.ts';
import { currentSet } from '../../../cluster/sets.ts';
import type { ClusterDefinition } from '../../../run/cluster-definition.ts';
import type { EarlierWork } from '../../../run/plan/earlier-work.ts';
import { describeEarlierWork } from '../../../run/plan/earlier-work.ts';
import type { Finding } from '../../../run/findings.ts';

/** A run that left machines in between, how far it got, and whether this one goes on from there. */
export async function checkEarlierRuns(
  folder: ClusterFolder,
  runId: string,
  { nodes }: ClusterDefinition,
  earlier: EarlierWork | undefined,
): Promise<Finding[]> {
  if (earlier !== undefined) {
    const remedy =
      'this run goes on from what the machines show now, with the same secrets; the plan says what is left to do';
    return [{ severity: 'warning', seen: describeEarlierWork(earlier, nodes), remedy }];
  }
  const [newest] = await unfinishedRuns(folder, 'rebuild', runId);
  if (newest === undefined) return [];
  const { set: newSet } = await planOfRun(newest);
  const seen = `run ${newest.run.name} ${endOf(newest)}`;
  if ((await currentSet(folder))?.name === newSet) {
    return [
      {
        severity: 'warning',
        seen: `${seen}, after its set ${newSet} was put in use: the cluster is rebuilt, and only the report is missing`,
        remedy: 'reject this plan, which tears that cluster down again, unless you want that',
      },
    ];
  }
  return [
    {
      severity: 'warning',
      seen: `${seen}, but its set ${newSet} is not the one that is being made now`,
      remedy: 'this run begins anew: machines that it rebuilt are wiped again',
    },
  ];
}

/** What forbids a rebuild of a whole cluster is to be expected of one that is half gone. */
export function expectAfterLoss(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({
    ...finding,
    severity: 'warning',
    remedy: 'to be expected where an earlier run was lost on the way; look at it if the rebuild does not get further',
  }));
}

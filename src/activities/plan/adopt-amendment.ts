import { copyFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../files/atomic-write.ts';
import { sha256OfFile } from '../../cluster/checksums.ts';
import { amendedSet, configurationOf, setNamed } from '../../cluster/sets.ts';
import { Failure } from '../../run/failure.ts';
import type { AmendmentDraft } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { digestOf } from './digest.ts';
import { moveBootstrap } from './move-bootstrap.ts';
import { amendmentPathOf, record, recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

export interface AdoptAmendmentInput {
  readonly run: RunReference;
  readonly number: number;
  /** The digest that was approved. */
  readonly digest: string;
}

/**
 * Makes an approved amendment the one by which the run goes: its configurations become those of the set, the former
 * ones stay beside them, and from then on its copy of cluster.yaml is read. May be cut off anywhere and run again.
 * Fails with `PlanChanged` if the draft is not what was approved.
 */
export async function adoptAmendment(attempt: Attempt, { number, digest }: AdoptAmendmentInput): Promise<void> {
  const recorded = await recordOf(attempt);
  if (recorded.amendment === number && recorded.planDigest === digest) return; // an attempt before this one got to its end
  const text = await readFile(path.join(amendmentPathOf(attempt, number), 'plan.json'), 'utf8');
  const { plan } = JSON.parse(text) as AmendmentDraft;
  if (digestOf(plan) !== digest) throw changed('its plan is not the approved one');
  const { folder } = attempt.worker;
  const set = setNamed(folder, plan.set);
  const drafted = amendedSet(folder, plan.set, number);
  const files = plan.nodes.map(({ name, configurationSha256 }) => ({
    from: configurationOf(drafted, name),
    to: configurationOf(set, name),
    kept: path.join(drafted.path, 'former', `${name}.yaml`),
    sha256: configurationSha256,
    name,
  }));
  for (const { from, name, sha256 } of files) {
    if ((await sha256OfFile(from)) !== sha256) throw changed(`the configuration of ${name} was changed since`);
  }
  const move = await moveBootstrap(attempt, plan);
  if (JSON.stringify(move) !== JSON.stringify(plan.bootstrapMove)) {
    throw changed('the control plane that was chosen for the bootstrap is in another state than it was');
  }

  await mkdir(path.join(drafted.path, 'former'), { recursive: true, mode: 0o700 });
  for (const { from, to, kept, sha256 } of files) {
    if ((await sha256OfFile(to)) === sha256) continue;
    await copyFile(to, kept);
    await writeFileAtomic(to, await readFile(from));
  }
  await record(attempt, (all) => {
    all.amendment = number;
    all.planDigest = digest;
    if (move) all.bootstrap = { node: move.to, chosenAt: new Date().toISOString() };
  });
}

function changed(what: string): Failure {
  return new Failure('PlanChanged', `The amendment was not taken up: ${what}. Answer amend for a new one.`);
}

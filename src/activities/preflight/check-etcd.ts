import type { Finding } from '../../run/findings.ts';
import type { EtcdMember } from '../../talos/etcd.ts';

export interface EtcdAnswer {
  readonly node: string;
  /** Absent where etcd did not answer. */
  readonly members: readonly EtcdMember[] | undefined;
}

/** A broken etcd forbids nothing, since it is wiped; but it may be that no snapshot can be saved, and a person should know that. */
export function checkEtcd(planned: number, answers: readonly EtcdAnswer[]): Finding[] {
  const silent = answers.filter(({ members }) => members === undefined).map(({ node }) => node);
  const views = new Set(
    answers.flatMap(({ members }) =>
      members
        ? [
            members
              .map(({ hostname }) => hostname)
              .toSorted()
              .join(', '),
          ]
        : [],
    ),
  );
  const [view] = views;
  const findings: Finding[] = [];
  if (silent.length > 0) {
    findings.push(warning(`etcd of the old cluster does not answer on ${silent.join(', ')}`));
  }
  if (views.size > 1)
    findings.push(warning(`the old control planes disagree on etcd's members: ${[...views].join(' / ')}`));
  if (views.size === 1 && view !== undefined && view.split(', ').length !== planned) {
    findings.push(warning(`etcd of the old cluster has the members ${view}, planned are ${planned}`));
  }
  return findings;
}

function warning(seen: string): Finding {
  return { severity: 'warning', seen, remedy: 'mend it first if you want an etcd snapshot that can be restored' };
}

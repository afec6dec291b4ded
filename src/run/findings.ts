/** Something that preflight saw. An error forbids the run, a warning is shown in the plan. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly node?: string;
  /** What was seen. */
  readonly seen: string;
  /** What to do about it. */
  readonly remedy: string;
}

export function forbids(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}

/** A finding on one line: `pi-12: … → …`. */
export function describeFinding(finding: Finding): string {
  return `${finding.node === undefined ? '' : `${finding.node}: `}${finding.seen} → ${finding.remedy}`;
}

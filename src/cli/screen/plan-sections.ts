/** A heading with its lines; one without lines is left out. */
export type Section = readonly [title: string, lines: readonly string[]];

/** What the plan of one operation shows, before the findings and after them. */
export interface PlanSections {
  readonly before: readonly Section[];
  readonly after: readonly Section[];
}

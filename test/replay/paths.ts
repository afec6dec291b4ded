import { approvals } from './paths/approvals.ts';
import { builds } from './paths/builds.ts';
import { calledOff } from './paths/called-off.ts';
import { interruptions } from './paths/interruptions.ts';
import { questions } from './paths/questions.ts';
import type { RecordedPath } from './recorded-path.ts';

/** Every path of which histories are kept. */
export const paths: readonly RecordedPath[] = [...builds, ...approvals, ...questions, ...calledOff, ...interruptions];

// What commands do with runs. Everything here speaks with the server and loads Temporal's client, so commands get it
// from `withTemporal`, once they are about to speak, and import only types from here.
export { answerGate } from './answer-gate.ts';
export { cancelRun } from './cancel-run.ts';
export { sendDecision } from './decide.ts';
export { followRun } from './follow-run.ts';
export { holdRun } from './hold-run.ts';
export { listRuns } from './list-runs.ts';
export { readRun } from './read-run.ts';
export { startRun } from './start-run.ts';

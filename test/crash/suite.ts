import { type Lab, raspberryPi } from '../../simulator/src/lab.ts';
import { type Action, type Blow, atTheirPoints, keyOf } from './blow.ts';
import type { Point } from './points.ts';
import { type Round, playRound } from './round.ts';
import { afterPoints, describePlan, drawPlan, isOwedToFault, prepareLab } from './random.ts';
import type { Theatre } from './theatre.ts';

export interface SuiteResult {
  /** All that were passed. */
  readonly points: readonly Point[];
  readonly rounds: readonly Round[];
  /** Blows that no round could deal. */
  readonly unhit: readonly Blow[];
  readonly ms: number;
}

/** Where the suite reports to, and what ends it. */
export interface Audience {
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** A server that dies often is started again after longer and longer pauses, and a freeze takes its time. */
const mostPerRound: Readonly<Record<Action, number>> = { 'kill worker': 12, 'kill server': 3, 'freeze worker': 2 };

/** After so many rounds in which nothing was hit, what is left is said to be out of reach. */
const vainRounds = 3;

/** The points that a rebuild passes when nothing happens to it. Rejects when even that one does not end well. */
export async function recordPoints(theatre: Theatre, { signal, report }: Audience): Promise<Round> {
  report('Recording the points of a rebuild that nothing happens to …');
  const round = await playRound(theatre, { number: 0, blows: atTheirPoints([]), signal });
  const trouble = [...round.findings, ...round.gates.map(({ seen }) => seen)];
  if (trouble.length > 0) throw new Error(`a rebuild that nothing was done to did not end well: ${trouble.join('; ')}`);
  report(`${round.passed.length} points in ${Math.round(round.ms / 1000)} s`);
  return round;
}

/**
 * Deals every blow, several a run, and again those that could not be dealt. Stops when nothing more can be hit,
 * or when it is interrupted.
 */
export async function dealAll(
  theatre: Theatre,
  { signal, report }: Audience,
  blows: readonly Blow[],
): Promise<SuiteResult> {
  const begun = performance.now();
  const rounds: Round[] = [];
  let left = blows;
  for (let vain = 0; left.length > 0 && vain < vainRounds;) {
    const before = left.length;
    const [hand = []] = deal(left);
    const playing = playRound(theatre, { number: rounds.length + 1, blows: atTheirPoints(hand), signal });
    const round = await unlessInterrupted(playing, signal);
    if (round === undefined) break;
    rounds.push(round);
    left = withoutDealt(left, round);
    vain = left.length < before ? 0 : vain + 1;
    report(`${describeRound(round)}\n    ${left.length} blows left`);
  }
  return { points: pointsOf(rounds), rounds, unhit: left, ms: performance.now() - begun };
}

/** Rounds in which blows, faults and slow machines come as they are drawn. */
export async function playRandomly(
  theatre: Theatre,
  { signal, report }: Audience,
  seed: number,
  count: number,
): Promise<SuiteResult> {
  const begun = performance.now();
  const rounds: Round[] = [];
  for (let number = 1; number <= count; number += 1) {
    const plan = drawPlan(seed * 1000 + number);
    for (const line of describePlan(plan)) report(line);
    const prepare = (lab: Lab): void => prepareLab(lab, plan, raspberryPi.boot);
    const round = await playRound(theatre, {
      number,
      blows: afterPoints(plan),
      signal,
      prepare,
      mayAsk: isOwedToFault,
    });
    rounds.push(round);
    report(describeRound(round));
  }
  return { points: pointsOf(rounds), rounds, unhit: [], ms: performance.now() - begun };
}

/** Undefined when the suite is interrupted, so that it can still show what it has found. */
async function unlessInterrupted(playing: Promise<Round>, signal: AbortSignal): Promise<Round | undefined> {
  try {
    return await playing;
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  }
}

function pointsOf(rounds: readonly Round[]): Point[] {
  const points = new Map(rounds.flatMap(({ passed }) => passed.map((point) => [point.id, point])));
  return [...points.values()];
}

/** Spreads blows over as few rounds as they fit in; each round gets some from the beginning, the middle and the end. */
export function deal(blows: readonly Blow[]): Blow[][] {
  const actions = Object.keys(mostPerRound) as Action[];
  const count = Math.max(
    ...actions.map((action) => Math.ceil(blows.filter((one) => one.action === action).length / mostPerRound[action])),
  );
  const rounds: Blow[][] = Array.from({ length: count }, () => []);
  for (const action of actions)
    blows.filter((one) => one.action === action).forEach((blow, index) => rounds[index % count]?.push(blow));
  return rounds;
}

function withoutDealt(blows: readonly Blow[], { dealt }: Round): Blow[] {
  const done = new Set(dealt.map(keyOf));
  return blows.filter((blow) => !done.has(keyOf(blow)));
}

/** One line on a round, and what was wrong with it. */
export function describeRound({ number, dealt, progress, findings, gates, owedGates, ms }: Round): string {
  const trouble = [...findings, ...gates.map((gate) => `asked: ${gate.seen}`)];
  const owed = owedGates.length === 0 ? '' : `, ${owedGates.length} questions about its faults`;
  const lines = trouble.map((one) => `\n    ${one}`);
  return `round ${number}: ${dealt.length} blows, ${progress?.outcome ?? 'lost'} in ${Math.round(ms / 1000)} s${owed}${lines.join('')}`;
}

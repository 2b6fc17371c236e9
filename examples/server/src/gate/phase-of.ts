import { expectedShareOf } from '@klpkit/rollout';
import type { ReachedPhase } from '../ingest/read-part.ts';
import type { Snapshot } from '../publish/published.ts';

interface Share {
  /** Where the phase before ended, micro-percent. */
  readonly from: number;
  readonly to: number;
}

/** The share of a tier that a release has reached, micro-percent; 0 where it has not come that far. */
export function phaseOf(snapshot: Snapshot, release: string, tier: string): number {
  return shareOf(snapshot, release, tier)?.to ?? 0;
}

/** The phases, in every tier, of the releases whose rollouts go on: those that machines begin with. */
export function reachedPhases(snapshot: Snapshot): ReachedPhase[] {
  return [...snapshot.byKey.values()]
    .filter(({ state }) => state.status.kind === 'running')
    .flatMap(({ key, state }) =>
      state.tiers.map(({ tier }) => ({ release: key, tier, phase: phaseOf(snapshot, key, tier) })),
    );
}

/**
 * The probability that the next machine of a tier to begin is a patched one. 1, which teaches nothing, where no control machines are
 * expected or nobody new gets the release.
 *
 * @param controlRate Share of the waiting machines that send the placebo pair once a phase, 0 to 1.
 */
export function expectedShare(
  snapshot: Snapshot,
  begun: { release: string; tier: string; controlRate: number },
): number {
  const { release, tier, controlRate } = begun;
  const share = shareOf(snapshot, release, tier);
  const isRunning = snapshot.byKey.get(release)?.state.status.kind === 'running';
  return share === undefined || !isRunning || controlRate === 0
    ? 1
    : expectedShareOf(share.from, share.to, controlRate);
}

function shareOf({ byKey }: Snapshot, release: string, tier: string): Share | undefined {
  const state = byKey.get(release)?.state;
  const progress = state?.tiers.find((one) => one.tier === tier);
  const plan = state?.plan.tiers.find((one) => one.tier === tier);
  if (progress === undefined || plan === undefined) return undefined;
  const [from, to] = [progress.phase - 1, progress.phase].map((index) => plan.phases[index]?.microPercent ?? 0);
  return { from: from ?? 0, to: to ?? 0 };
}

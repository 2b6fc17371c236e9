import { decideApply, decideLoaded } from '@klpkit/blocklist';
import { type Release, releaseKey } from '@klpkit/release';
import { eligibilityOf, type Subject } from '@klpkit/rollout';
import type { Facts } from './step-event.ts';
import type { HeldPatch, Memory } from './memory.ts';
import type { Candidate, Offer } from './ports.ts';
import type { Attempt, Failure } from './state.ts';

/** What every decision needs beside the facts. */
export interface DecideContext {
  readonly subject: Subject;
  /** `uname -r` */
  readonly kernel: string;
  /** Whether the machine serves as the gate's control while it is not in the bucket. */
  readonly control: boolean;
  /** Whether a stalled transition is completed by force. */
  readonly force: boolean;
}

/** What is to become of an offer. */
export type Decision =
  | { readonly kind: 'nothing'; readonly reason: string; readonly message: string }
  | { readonly kind: 'kernel-upgrade-required'; readonly reason: string; readonly message: string }
  | { readonly kind: 'unsupported'; readonly reason: string; readonly failure: Failure }
  | { readonly kind: 'blocked'; readonly release: string; readonly reason: string }
  | { readonly kind: 'held'; readonly release: string; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: 'go'; readonly attempt: Attempt };

/**
 * The newest release that this machine may have. An older one only comes in question where the newer ones are held or blocked, and never while a
 * patch that this machine had trouble with is in force: what that needs is a person.
 */
export function decideOffer(offer: Offer, facts: Facts, context: DecideContext): Decision {
  if (!facts.livepatch) return unsupported(context.kernel);
  let first: Decision | undefined;
  for (const candidate of offer.candidates) {
    const decision = decideCandidate(candidate, facts, context);
    if (decision.kind === 'go') return first === undefined || !inTrouble(facts) ? decision : first;
    first ??= decision;
    if (decision.kind === 'nothing') break; // in force: nothing older is of interest
  }
  return first ?? withoutRelease(offer.reason, offer.message);
}

/**
 * Blocklist first, then the bucket: no percentage and no local "always" gets a blocked patch in. Between them stand this machine's own
 * memory (a patch that it crashed with) and the marker of an inserter that never came back.
 */
function decideCandidate({ release, rollout, payload }: Candidate, facts: Facts, context: DecideContext): Decision {
  const key = releaseKey(release);
  const held = heldPatch(facts.memory, release);
  const barrier = barrierTo(release, facts, context, held === undefined ? 'first-apply' : 're-apply');
  if (barrier !== undefined) return { kind: 'blocked', release: key, reason: barrier };
  if (held !== undefined && facts.loaded.includes(held.module)) {
    return { kind: 'nothing', reason: 'already-applied', message: `${key} is in force on this machine.` };
  }
  if (facts.killSwitch !== undefined) return { kind: 'held', release: key, reason: 'kill-switch' };
  if (facts.memory.stuckBootId === facts.bootId) return { kind: 'held', release: key, reason: 'reboot-needed' };
  const eligibility = eligibilityOf(context.subject, rollout, facts.now);
  if (!eligibility.eligible) {
    const { reason, retryAfterMs } = eligibility;
    return { kind: 'held', release: key, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  return { kind: 'go', attempt: { release, payload, attemptId: facts.attemptId, reapply: false } };
}

function unsupported(kernel: string): Decision {
  const message = `[KERNEL_UNSUITABLE] The kernel ${kernel} has no livepatching (CONFIG_LIVEPATCH). Boot one that has it.`;
  return { kind: 'unsupported', reason: 'no-livepatch', failure: { code: 'KERNEL_UNSUITABLE', message } };
}

function inTrouble({ memory, loaded }: Facts): boolean {
  return memory.suspects.some(({ module }) => loaded.includes(module));
}

/**
 * Which proven patch is put back after a boot: the newest that nothing forbids, as patches are cumulative. Blocked ones are named, so that a
 * person sees why an older one came.
 */
export function decideReapply(
  facts: Facts,
  context: DecideContext,
): { readonly attempt: Attempt | undefined; readonly blocked: readonly { release: string; reason: string }[] } {
  const blocked: { release: string; reason: string }[] = [];
  for (const { release, payload, module } of facts.memory.held.toReversed()) {
    if (release.kernel !== context.kernel) continue; // another kernel was booted: its patches wait
    if (facts.loaded.includes(module)) return { attempt: undefined, blocked };
    const barrier = barrierTo(release, facts, context, 're-apply');
    if (barrier === undefined) {
      return { attempt: { release, payload, attemptId: facts.attemptId, reapply: true }, blocked };
    }
    blocked.push({ release: releaseKey(release), reason: barrier });
  }
  return { attempt: undefined, blocked };
}

/** The modules that are loaded although the blocklist asks that they be disabled. */
export function modulesToDisable(
  facts: Facts,
  context: DecideContext,
): readonly { module: string; release: string; reason: string }[] {
  const known = [
    ...facts.memory.held.map(({ release, module }) => ({
      release: releaseKey(release),
      sha256: release.sha256,
      module,
    })),
    ...facts.memory.suspects,
  ];
  return known.flatMap(({ release, sha256, module }) => {
    if (!facts.modules.includes(module)) return [];
    const decision = decideLoaded(facts.blocklist, { release, sha256, kernel: context.kernel });
    return decision.action === 'disable' ? [{ module, release, reason: 'blocked' }] : [];
  });
}

/** Why the patch may not be inserted, or undefined. */
export function barrierTo(
  release: Release,
  facts: Facts,
  context: DecideContext,
  when: 'first-apply' | 're-apply',
): string | undefined {
  const key = releaseKey(release);
  const subject = { release: key, sha256: release.sha256, kernel: context.kernel };
  const decision = decideApply(facts.blocklist, subject, when, facts.now);
  if (!decision.allowed) return decision.reason;
  const suspect = facts.memory.suspects.find((one) => one.sha256 === release.sha256 || one.release === key);
  return suspect === undefined ? undefined : `suspect-${suspect.reason}`;
}

function heldPatch(memory: Memory, release: Release): HeldPatch | undefined {
  return memory.held.find((held) => held.release.sha256 === release.sha256);
}

function withoutRelease(reason: string, message: string): Decision {
  if (reason === 'end-of-life') return { kind: 'kernel-upgrade-required', reason, message };
  return { kind: 'nothing', reason, message };
}

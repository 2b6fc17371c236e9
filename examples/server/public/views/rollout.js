/** @import { PatchView, TierView } from '../../src/dashboard/views.ts' */
import { duration, share } from '../format.js';
import { html, svg } from '../html.js';
import { statusOf } from '../status.js';

/** The way through tiers and phases; each bar is all machines of a tier. @param {PatchView} patch */
export function rolloutSection(patch) {
  return html`<section class="card" aria-labelledby="rollout">
    <h2 id="rollout">Rollout</h2>
    <ol class="tiers">
      ${patch.tiers.map((tier) => tierItem(tier, patch))}
    </ol>
  </section>`;
}

/**
 * @param {TierView} tier
 * @param {PatchView} patch
 */
function tierItem({ tier, promotion, phases }, patch) {
  const current = phases.findIndex(({ state }) => state === 'current');
  const isDone = phases.every(({ state }) => state === 'done');
  const reached = phases.findLast(({ state }) => state !== 'next')?.microPercent ?? 0;
  const state = isDone ? 'done' : current === -1 ? 'next' : 'current';
  const label = `${tier}: ${reached === 0 ? 'not opened' : `${share(reached)} of its machines`}`;
  return html`<li class=${state} aria-current=${state === 'current' ? 'step' : 'false'}>
    <h3>${tier} <span class="muted">${reached === 0 ? 'not opened' : share(reached)}</span></h3>
    <svg class="bar ${state === 'current' ? statusOf(patch).tone : state}" role="img" aria-label=${label}>
      ${svg`<rect class="ground" width="100%" height="100%" /><rect class="fill" width=${`${reached / 1e6}%`} height="100%" />`}
      ${phases.slice(0, -1).map(({ microPercent }) => svg`<line class="tick" x1=${`${microPercent / 1e6}%`} x2=${`${microPercent / 1e6}%`} y1="0" y2="100%" />`)}
    </svg>
    <p class="muted small">${state === 'current' ? soak(patch, { place: current, of: phases.length }) : isDone ? 'done' : stepsOf(phases)}</p>
    ${promotion === 'person' ? html`<p class="muted small">a person opens the next tier</p>` : html`<p class="muted small">the gate may open the next tier</p>`}
  </li>`;
}

/** @param {TierView['phases']} phases */
function stepsOf(phases) {
  return phases.map(({ microPercent }) => share(microPercent)).join(', ');
}

/**
 * @param {PatchView} patch
 * @param {{ place: number, of: number }} phase
 */
function soak({ soakLeftMs, status }, { place, of }) {
  const phase = of === 1 ? 'one phase' : `phase ${place + 1} of ${of}`;
  if (status !== 'running') return `${phase}, stands still`;
  return soakLeftMs > 0 ? `${phase}, soaks for another ${duration(soakLeftMs)}` : `${phase}, soaked`;
}

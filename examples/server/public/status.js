/** @import { PatchSummary } from '../src/dashboard/views.ts' */
import { html, svg } from './html.js';

/** @typedef {'ok' | 'busy' | 'warn' | 'bad' | 'off'} Tone */

/**
 * The one word for where a patch stands: the worst thing that is true of it.
 *
 * @param {PatchSummary} patch
 * @returns {{ tone: Tone, text: string }}
 */
export function statusOf(patch) {
  if (patch.blocked !== null) return { tone: 'bad', text: 'Blocked' };
  if (patch.status === 'withdrawn') return { tone: 'off', text: 'Withdrawn' };
  if (patch.status === 'paused') {
    const by = patch.statusBy === 'gate' ? 'Halted by the gate' : `Paused by ${nameOf(patch.statusBy ?? '')}`;
    return { tone: patch.statusBy === 'gate' ? 'bad' : 'warn', text: by };
  }
  if (patch.decision.level !== 'none') return { tone: 'warn', text: 'Evidence of harm' };
  return patch.complete ? { tone: 'ok', text: 'Everywhere' } : { tone: 'busy', text: 'Rolling out' };
}

/** Whether a person should look. @param {PatchSummary} patch */
export function needsAttention(patch) {
  const { tone } = statusOf(patch);
  return tone === 'bad' || tone === 'warn';
}

/** `user:ada` and `token:ada` are ada. @param {string} actor */
export function nameOf(actor) {
  return actor.replace(/^(user|token):/, '');
}

const shapes = {
  ok: svg`<path d="M3.5 8.5l3 3 6-7" />`,
  busy: svg`<circle cx="8" cy="8" r="5" /><path d="M8 5v3l2 2" />`,
  warn: svg`<path d="M6 4v8M10 4v8" />`,
  bad: svg`<circle cx="8" cy="8" r="5.5" /><path d="M4.2 11.8l7.6-7.6" />`,
  off: svg`<path d="M4 4l8 8M12 4l-8 8" />`,
};

/** @param {PatchSummary} patch */
export function badge(patch) {
  const { tone, text } = statusOf(patch);
  return html`<span class="badge ${tone}"><svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${shapes[tone]}</svg>${text}</span>`;
}

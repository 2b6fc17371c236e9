/** @import { OverviewView } from '../src/dashboard/views.ts' */
import { statusOf } from './status.js';

/**
 * What a person who does not look at the page has to hear: patches whose status is another one now.
 *
 * @param {OverviewView | undefined} before
 * @param {OverviewView} after
 */
export function changesOf(before, after) {
  if (before === undefined) return '';
  const known = new Map(before.patches.map((patch) => [patch.key, statusOf(patch).text]));
  return after.patches
    .filter((patch) => known.has(patch.key) && known.get(patch.key) !== statusOf(patch).text)
    .map((patch) => `${patch.key}: ${statusOf(patch).text}.`)
    .join(' ');
}

/** @param {string} text */
export function announce(text) {
  const region = document.getElementById('announcer');
  if (text !== '' && region !== null) region.textContent = text;
}

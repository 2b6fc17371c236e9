/** @import { OverviewView } from '../../src/dashboard/views.ts' */
import { clock, count, date, iso, odds } from '../format.js';
import { html, nothing, repeat } from '../html.js';
import { nameOf } from '../status.js';

/** @typedef {OverviewView['audit'][number]} AuditEntry */

/** @type {Readonly<Record<string, string>>} */
const words = {
  'release-published': 'published it',
  'rollout-pause': 'paused the rollout',
  'rollout-resume': 'resumed the rollout',
  'rollout-advance': 'advanced it to the next phase',
  'rollout-promote': 'promoted it to the next tier',
  'rollout-withdraw': 'withdrew it',
  'blocklist-block': 'blocked it',
  'blocklist-lift': 'lifted the block',
  'windows-extended': 'gave open windows more time after an absence',
  'token-made': 'made a token',
  'token-revoked': 'revoked a token',
  'user-made': 'added a person',
  'user-removed': 'removed a person',
};

/**
 * @param {readonly AuditEntry[]} rows newest first
 * @param {{ withRelease: boolean }} options
 */
export function auditList(rows, { withRelease }) {
  if (rows.length === 0) return html`<p class="calm">Nothing yet.</p>`;
  return html`<ol class="audit" reversed>
    ${repeat(
      rows,
      (row) => row.seq,
      (row) => auditRow(row, withRelease),
    )}
  </ol>`;
}

/**
 * @param {AuditEntry} row
 * @param {boolean} withRelease
 */
function auditRow(row, withRelease) {
  const isPerson = !['gate', 'policy', 'server'].includes(row.actor);
  return html`<li class=${isPerson ? 'person' : 'machine'}>
    <time class="muted" datetime=${iso(row.at)}>${date(row.at)} <span>${clock(row.at)}</span></time>
    <p>
      <strong>${isPerson ? nameOf(row.actor) : `The ${row.actor}`}</strong> ${words[row.action] ?? row.action}
      ${withRelease && row.release !== null ? html`<a class="key" href="#/patches/${row.release}">${row.release}</a>` : nothing}
      ${note(row)}
    </p>
  </li>`;
}

/** Why, in the words that were given, and on which counts. @param {AuditEntry} row */
function note({ detail }) {
  const { note: said, entry, lifted, evidence, decision } = /** @type {any} */ (detail);
  const why = said ?? entry?.reason ?? lifted?.reason;
  const counts = evidence ?? entry?.evidence;
  const ln = decision?.lnHalt ?? counts?.lnE;
  return html`${why === undefined ? nothing : html`<q>${why}</q>`}
  ${
    counts === undefined || ln === undefined || counts.n === 0
      ? nothing
      : html`<span class="muted small">${count(counts.failed)} of ${count(counts.n)} had failed; evidence of harm ${odds(ln)}</span>`
  }`;
}

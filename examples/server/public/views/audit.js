/** @import { OverviewView } from '../../src/dashboard/views.ts' */
import { count, iso, moment, odds } from '../format.js';
import { html, nothing, repeat } from '../html.js';
import { nameOf } from '../status.js';

/** @typedef {OverviewView['audit'][number]} AuditEntry */

/** What was done; `…` stands for the patch. @type {Readonly<Record<string, string>>} */
const words = {
  'release-published': 'published …',
  'rollout-pause': 'paused …',
  'rollout-resume': 'resumed …',
  'rollout-advance': 'advanced … to the next phase',
  'rollout-promote': 'promoted … to the next tier',
  'rollout-withdraw': 'withdrew …',
  'blocklist-block': 'blocked …',
  'blocklist-lift': 'lifted the block of …',
  'gate-doubts-pings': 'doubts the pings of …',
  'windows-extended': 'gave open windows more time, having been away',
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
    <time class="muted" datetime=${iso(row.at)}>${moment(row.at)}</time>
    <p>
      <strong>${isPerson ? nameOf(row.actor) : `The ${row.actor}`}</strong> ${deed(row, withRelease)} ${note(row)}
    </p>
  </li>`;
}

/**
 * @param {AuditEntry} row
 * @param {boolean} withRelease
 */
function deed({ action, release }, withRelease) {
  const [before, after = ''] = (words[action] ?? `${action} …`).split('…');
  if (release === null) return before;
  return html`${before}${withRelease ? html`<a class="key" href="#/patches/${release}">${release}</a>` : 'this patch'}${after}`;
}

/** Why, in the words that were given, and on which counts. @param {AuditEntry} row */
function note({ detail }) {
  const { note: said, entry, lifted, evidence, decision } = /** @type {any} */ (detail);
  const code = entry?.reason ?? lifted?.reason;
  const counts = evidence ?? entry?.evidence;
  const ln = decision?.lnHalt ?? counts?.lnE;
  return html`${code === undefined ? nothing : html`<span class="chip">${code}</span> `}${said === undefined ? nothing : html`<q>${said}</q>`}
  ${
    counts === undefined || ln === undefined || counts.n === 0
      ? nothing
      : html`<span class="muted small">${count(counts.failed)} of ${count(counts.n)} had failed; evidence of harm ${odds(ln)}</span>`
  }`;
}

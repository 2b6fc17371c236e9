/** @import { OverviewView, PatchSummary } from '../../src/dashboard/views.ts' */
/** @import { BlockEntry } from '@klpkit/blocklist' */
/** @import { State } from '../app.js' */
import { count, iso, moment, odds } from '../format.js';
import { html, repeat } from '../html.js';
import { badge, needsAttention, statusOf } from '../status.js';
import { auditList } from './audit.js';

/** The first page: what needs a person, what is blocked, what happened. @param {State} state */
export function overviewView({ overview }) {
  return html`<h1 tabindex="-1">Patches</h1>
    ${overview === undefined ? html`<p class="muted">Loading …</p>` : sections(overview)}`;
}

/** @param {OverviewView} overview */
function sections(overview) {
  const { patches, blocklist, audit } = overview;
  const troubled = patches.filter(needsAttention);
  return html`
    ${tiles(patches)}
    <section class="card" aria-labelledby="attention">
      <h2 id="attention">Needs a person</h2>
      ${
        troubled.length === 0
          ? html`<p class="calm">Nothing. No rollout is stopped, and no evidence of harm stands against any.</p>`
          : html`<ul class="plain rows">${repeat(troubled, (patch) => patch.key, attention)}</ul>`
      }
    </section>
    <section class="card" aria-labelledby="blocklist">
      <h2 id="blocklist">Blocklist <span class="muted">version ${blocklist.version}</span></h2>
      ${
        blocklist.entries.length === 0
          ? html`<p class="calm">Empty.</p>`
          : html`<ul class="plain rows">${blocklist.entries.map(blockedRow)}</ul>`
      }
    </section>
    <section class="card" aria-labelledby="acts">
      <h2 id="acts">What happened</h2>
      ${auditList(audit, { withRelease: true })}
    </section>
  `;
}

/** @param {readonly PatchSummary[]} patches */
function tiles(patches) {
  /** @param {(patch: PatchSummary) => boolean} isCounted */
  const number = (isCounted) => count(patches.filter(isCounted).length);
  return html`<dl class="tiles">
    <div><dt>Rolling out</dt><dd>${number((patch) => statusOf(patch).tone === 'busy')}</dd></div>
    <div><dt>Everywhere</dt><dd>${number((patch) => statusOf(patch).tone === 'ok')}</dd></div>
    <div><dt>Stopped</dt><dd>${number((patch) => patch.status === 'paused' && patch.blocked === null)}</dd></div>
    <div><dt>Blocked</dt><dd>${number((patch) => patch.blocked !== null)}</dd></div>
  </dl>`;
}

/** @param {PatchSummary} patch */
function attention(patch) {
  const { n, failed } = patch.evidence;
  return html`<li>
    <a class="row" href="#/patches/${patch.key}"
      ><strong class="key">${patch.key}</strong>${badge(patch)}
      <span class="muted grow">${count(failed)} of ${count(n)} machines failed; evidence of harm ${odds(patch.decision.lnHalt)}</span></a
    >
  </li>`;
}

/** @param {BlockEntry} entry */
export function blockedRow({ release, action, reason, kernels, since }) {
  return html`<li class="row">
    <a class="key" href="#/patches/${release}">${release}</a>
    <span class="chip">${action}</span>
    <span class="grow">${reason}${kernels === '*' ? '' : html`, on ${kernels.join(', ')}`}</span>
    <time class="muted" datetime=${iso(since)}>${moment(since)}</time>
  </li>`;
}

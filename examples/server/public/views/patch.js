/** @import { PatchView } from '../../src/dashboard/views.ts' */
/** @import { State } from '../app.js' */
/** @import { Act } from './act-dialog.js' */
import { count, date, odds, percent } from '../format.js';
import { html, nothing } from '../html.js';
import { badge, statusOf } from '../status.js';
import { actButtons } from './act-buttons.js';
import { auditList } from './audit.js';
import { evidenceSection } from './evidence.js';
import { failureSection } from './failures.js';
import { blockedRow } from './overview.js';
import { checkSection, pingSection } from './pings.js';
import { rolloutSection } from './rollout.js';

/**
 * One patch, from what matters most downwards: what the gate makes of it, how far it is, the evidence, what failed, what was done.
 *
 * @param {State & { canAct: boolean, open: (act: Act) => void }} options
 */
export function patchView({ key, patch, width, canAct, open }) {
  return html`
    <div class="title">
      <a class="back" href="#/">All patches</a>
      <h1 class="key" tabindex="-1">${key}</h1>
      ${patch === undefined ? nothing : html`${badge(patch)} ${canAct ? actButtons(patch, open) : nothing} <p class="facts">${facts(patch)}</p>`}
    </div>
    ${patch === undefined ? html`<p class="muted">Loading …</p>` : sections(patch, width)}
  `;
}

/**
 * @param {PatchView} patch
 * @param {number} width
 */
function sections(patch, width) {
  return html`${verdict(patch)} ${rolloutSection(patch)} ${evidenceSection(patch, width)}
    <div class="halves">
      <div>${failureSection(patch)} ${checkSection(patch)}</div>
      <div>${pingSection(patch)} ${blockSection(patch)}</div>
    </div>
    <section class="card" aria-labelledby="audit">
      <h2 id="audit">Audit trail</h2>
      ${auditList(patch.audit, { withRelease: false })}
    </section>`;
}

/** @param {PatchView} patch */
function facts({ kernel, arch, fixes, publishedAt, endOfLife, sha256 }) {
  return html`<span class="key">${kernel}</span> <span>${arch}</span> ${fixes.map((cve) => html`<span class="chip">${cve}</span>`)}
    <span class="muted">published ${date(publishedAt)}</span>
    ${endOfLife === null ? nothing : html`<span class="muted">covered until ${date(endOfLife)}</span>`}
    <span class="muted key" title=${sha256}>sha256 ${sha256.slice(0, 12)}…</span>`;
}

/** @param {PatchView} patch */
function verdict(patch) {
  const { tone } = statusOf(patch);
  const { n, failed, open } = patch.evidence;
  const silent = patch.outcomes.reduce((sum, one) => sum + (one.control ? 0 : one.silent), 0);
  const left = patch.outcomes.reduce((sum, one) => sum + (one.control ? 0 : one.left), 0);
  const late = patch.outcomes.reduce((sum, one) => sum + (one.control ? 0 : one.failedLate), 0);
  return html`<section class="card verdict ${tone}" aria-labelledby="verdict">
    <h2 id="verdict" class="visually-hidden">What the gate makes of it</h2>
    <p class="sentence">${patch.explanation}</p>
    ${patch.statusNote === null || patch.statusNote === patch.explanation ? nothing : html`<p>Stopped because: <q>${patch.statusNote}</q></p>`}
    <dl class="figures">
      <div><dt>Machines began</dt><dd>${count(n)}</dd></div>
      <div><dt>Good</dt><dd>${count(n - failed - open)}</dd></div>
      <div class=${failed > 0 ? 'failed' : ''}><dt>Failed</dt><dd>${count(failed)}${silent > 0 ? html` <small>${count(silent)} fell silent</small>` : nothing}</dd></div>
      <div><dt>Not answered yet</dt><dd>${count(open - left)}</dd></div>
      <div><dt>Failure rate</dt><dd>${n === 0 ? '–' : percent(failed / n)} <small>${percent(patch.policy.p0)} is normal</small></dd></div>
      <div><dt>Evidence of harm</dt><dd>${odds(patch.decision.lnHalt)}</dd></div>
      ${leftFigure(patch, left)}
      ${controlFigures(patch)}
      ${late > 0 ? html`<div class="failed"><dt>Failed after proven good</dt><dd>${count(late)}</dd></div>` : nothing}
    </dl>
  </section>`;
}

/**
 * Machines that went down in good order are neither good nor failed; too many of them pause the rollout.
 *
 * @param {PatchView} patch
 * @param {number} left
 */
function leftFigure({ decision, policy, evidence }, left) {
  if (left === 0) return nothing;
  const normal =
    policy.p0Left === undefined
      ? nothing
      : html` <small>${percent(left / evidence.n)}, ${percent(policy.p0Left)} is normal; ${odds(decision.lnLeft)}</small>`;
  return html`<div class=${decision.cause === 'left' ? 'failed' : ''}><dt>Went down in order</dt><dd>${count(left)}${normal}</dd></div>`;
}

/** What machines without the patch say, where there are any. @param {PatchView} patch */
function controlFigures({ decision }) {
  const { control, lnTwoSample, lnSampleRatio } = decision;
  if (control.n === 0) return nothing;
  const failed = control.crashed + control.silent;
  return html`<div><dt>Control machines failed</dt><dd>${count(failed)} <small>of ${count(control.n)}, without the patch</small></dd></div>
    <div><dt>Worse than control</dt><dd>${odds(lnTwoSample)}</dd></div>
    <div><dt>Pings not as they should be</dt><dd>${odds(lnSampleRatio)}</dd></div>`;
}

/** @param {PatchView} patch */
function blockSection({ blocklist }) {
  const { entries, lifted } = blocklist;
  return html`<section class="card" aria-labelledby="blocked">
    <h2 id="blocked">Blocklist</h2>
    ${entries.length === 0 ? html`<p class="calm">This patch is not on it.</p>` : html`<ul class="plain rows">${entries.map(blockedRow)}</ul>`}
    ${
      lifted.length === 0
        ? nothing
        : html`<h3>Lifted</h3><ul class="plain rows">${lifted.map(({ reason, at }) => html`<li class="row"><span class="grow">${reason}</span><span class="muted">${date(at)}</span></li>`)}</ul>`
    }
  </section>`;
}

/** @import { FailureView, PatchView } from '../../src/dashboard/views.ts' */
import { count, moment } from '../format.js';
import { html, nothing } from '../html.js';

/** What failed, by what it was called, and where it did. @param {PatchView} patch */
export function failureSection({ failures, outcomes }) {
  const byTitle = Map.groupBy(failures, ({ title, code, phase }) => JSON.stringify([title, code, phase]));
  const groups = [...byTitle.values()].toSorted((a, b) => sum(b) - sum(a));
  const silent = outcomes.filter((one) => !one.control && one.silent > 0);
  return html`<section class="card" aria-labelledby="failures">
    <h2 id="failures">Failures</h2>
    ${groups.length + silent.length === 0 ? html`<p class="calm">None.</p>` : nothing}
    <ul class="plain failures">
      ${groups.map(failureGroup)}
      ${silent.map(
        (one) => html`<li>
          <p class="row"><strong class="grow">Fell silent</strong><span class="times">${count(one.silent)} ×</span></p>
          <p class="muted small">no word after the before-ping: what a crash sounds like</p>
          <p class="small"><span class="key">${one.kernel}</span> <span class="chip">${one.cpu === '' ? one.arch : one.cpu}</span> <span class="muted">${one.tier}</span></p>
        </li>`,
      )}
    </ul>
  </section>`;
}

/** @param {readonly FailureView[]} group */
function sum(group) {
  return group.reduce((total, { failures }) => total + failures, 0);
}

/** @param {readonly FailureView[]} group of one title */
function failureGroup(group) {
  const [first] = group;
  if (first === undefined) return nothing;
  const { title, code, phase, trace } = first;
  const lastAt = Math.max(...group.map((one) => one.lastAt));
  return html`<li>
    <p class="row"><strong class="grow">${title === '' ? code : title}</strong><span class="times">${count(sum(group))} ×</span></p>
    <p class="muted small">${phase === '' ? nothing : html`in ${phase}, `}${code === '' ? nothing : html`<span class="key">${code}</span>, `}last ${moment(lastAt)}</p>
    <table class="where">
      <caption class="visually-hidden">Where it failed</caption>
      <thead><tr><th scope="col">Kernel</th><th scope="col">CPU</th><th scope="col">Tier</th><th scope="col" class="number">Failures</th></tr></thead>
      <tbody>
        ${group.map(
          ({ kernel, cpu, arch, tier, failures }) =>
            html`<tr><td class="key">${kernel}</td><td>${cpu === '' ? arch : cpu}</td><td>${tier}</td><td class="number">${count(failures)}</td></tr>`,
        )}
      </tbody>
    </table>
    ${trace.length === 0 ? nothing : html`<details><summary>Trace of the first</summary><pre tabindex="0">${trace.join('\n')}</pre></details>`}
  </li>`;
}

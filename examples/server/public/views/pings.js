/** @import { PatchView } from '../../src/dashboard/views.ts' */
import { count, moment } from '../format.js';
import { html, nothing, svg } from '../html.js';

/** In the order of an attempt. @type {Readonly<Record<string, string>>} */
const kinds = {
  before: 'Before',
  after: 'After',
  transition: 'In transition',
  health: 'Healthy',
  error: 'Error',
  left: 'Went down in order',
  check: 'Check',
  'control-before': 'Control, before',
  'control-after': 'Control, after',
};

/** @param {PatchView} patch */
export function pingSection({ pings }) {
  const most = Math.max(1, ...pings.map((one) => one.pings));
  const order = Object.keys(kinds);
  const sorted = pings.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return html`<section class="card" aria-labelledby="pings">
    <h2 id="pings">Pings</h2>
    ${
      sorted.length === 0
        ? html`<p class="calm">None yet.</p>`
        : html`<table class="bars">
          <thead class="visually-hidden"><tr><th scope="col">Kind</th><th scope="col">Share of the most</th><th scope="col">Pings</th></tr></thead>
          <tbody>
            ${sorted.map(
              ({ kind, pings: number, late }) => html`<tr>
                <th scope="row">${kinds[kind] ?? kind}</th>
                <td aria-hidden="true"><svg class="bar thin ${kind === 'error' ? 'bad' : 'off'}">${svg`<rect class="fill" width=${`${(100 * number) / most}%`} height="100%" />`}</svg></td>
                <td class="number">${count(number)}${late > 0 ? html` <small class="muted">${count(late)} late</small>` : nothing}</td>
              </tr>`,
            )}
          </tbody>
        </table>`
    }
  </section>`;
}

/** What kept machines from beginning. @param {PatchView} patch */
export function checkSection({ checks }) {
  return html`<section class="card" aria-labelledby="checks">
    <h2 id="checks">Checks that led to no attempt</h2>
    ${
      checks.length === 0
        ? html`<p class="calm">None was reported.</p>`
        : html`<table>
            <thead><tr><th scope="col">End</th><th scope="col">Why</th><th scope="col">Tier</th><th scope="col" class="number">Checks</th><th scope="col">Last</th></tr></thead>
            <tbody>
              ${checks.map(
                ({ outcome, reason, tier, checks: number, lastAt }) =>
                  html`<tr><td>${outcome}</td><td>${reason === '' ? '–' : reason}</td><td>${tier}</td><td class="number">${count(number)}</td><td class="muted">${moment(lastAt)}</td></tr>`,
              )}
            </tbody>
          </table>
          <p class="muted small">A machine checks again and again: these are checks, not machines.</p>`
    }
  </section>`;
}

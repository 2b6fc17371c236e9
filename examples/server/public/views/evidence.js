/** @import { PatchView } from '../../src/dashboard/views.ts' */
import { count, iso, moment, odds } from '../format.js';
import { html } from '../html.js';
import { chartWords, evidenceChart } from './evidence-chart.js';

/** Rows of the table: it is for reading, the chart has them all. */
const maxRows = 40;

/**
 * @param {PatchView} patch
 * @param {number} width px
 */
export function evidenceSection(patch, width) {
  return html`<section class="card" aria-labelledby="evidence">
    <h2 id="evidence">Evidence</h2>
    ${
      patch.evidence.n === 0
        ? html`<p class="calm">No machine has begun yet. The chart begins with the first one.</p>`
        : html`<figure class="chart">
            <p class="legend" aria-hidden="true">
              <span class="harm"><svg viewBox="0 0 26 10"><path d="M0 5h26" /><rect x="9" y="1" width="8" height="8" /></svg> of harm</span>
              <span class="safety"><svg viewBox="0 0 26 10"><path d="M0 5h26" /><circle cx="13" cy="5" r="4" /></svg> of safety</span>
            </p>
            ${evidenceChart(patch, width)}
            <figcaption id="chart-words">${chartWords(patch)}</figcaption>
          </figure>
          ${table(patch)}`
    }
  </section>`;
}

/** @param {PatchView} patch */
function table({ history }) {
  const step = Math.ceil(history.length / maxRows);
  const rows = history.filter((_, index) => index % step === 0 || index === history.length - 1).toReversed();
  return html`<details>
    <summary>The same as a table</summary>
    <div class="scroll" tabindex="0" role="group" aria-label="Table of the evidence, scrolls">
      <table>
        <thead>
          <tr><th scope="col">When</th><th scope="col" class="number">Began</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Open</th><th scope="col" class="number">Of harm</th><th scope="col" class="number">Of safety</th></tr>
        </thead>
        <tbody>
          ${rows.map(
            (point) => html`<tr>
              <th scope="row"><time datetime=${iso(point.at)}>${moment(point.at)}</time></th>
              <td class="number">${count(point.n)}</td><td class="number">${count(point.failed)}</td><td class="number">${count(point.open)}</td>
              <td class="number">${odds(point.lnHalt)}</td><td class="number">${odds(point.lnAdvance)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

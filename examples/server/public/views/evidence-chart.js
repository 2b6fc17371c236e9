/** @import { PatchView } from '../../src/dashboard/views.ts' */
/** @import { Box, Scale } from './chart-scale.js' */
import { clock, count, date, day, odds } from '../format.js';
import { html, svg } from '../html.js';
import { boxOf, highest, lowest, scaleOf, steps, timeTicks } from './chart-scale.js';

/** @type {Readonly<Record<string, string>>} */
const marks = {
  'rollout-pause': 'paused',
  'rollout-resume': 'resumed',
  'rollout-advance': 'advanced',
  'rollout-promote': 'promoted',
  'rollout-withdraw': 'withdrawn',
  'blocklist-block': 'blocked',
  'blocklist-lift': 'lifted',
};
const longMs = 36 * 3_600_000;

/**
 * The evidence over time on a logarithmic scale, with the thresholds at which the gate acts.
 *
 * @param {PatchView} patch
 * @param {number} width px
 */
export function evidenceChart(patch, width) {
  const box = boxOf(width);
  const scale = scaleOf(patch, box);
  return html`<svg class="plot" viewBox="0 0 ${box.width} ${box.height}" width=${box.width} height=${box.height} role="img" aria-labelledby="chart-title chart-words">
    <title id="chart-title">Evidence of harm and of safety over time</title>
    ${grid(scale, box)} ${thresholds(patch, scale, box)} ${acts(patch, scale, box)} ${lines(patch, scale, box)}
  </svg>`;
}

/** @param {Scale} scale @param {Box} box */
function grid(scale, box) {
  const decades = Array.from({ length: (highest - lowest) / 2 + 1 }, (_, index) => lowest + 2 * index);
  const isLong = scale.to - scale.from > longMs;
  return svg`<g class="grid">
    ${decades.map((decade) => {
      const y = scale.y(decade * Math.LN10);
      return svg`<line x1=${box.left} x2=${box.width - box.right} y1=${y} y2=${y} />
        <text x=${box.left - 8} y=${y + 4} text-anchor="end">${nameOf(decade)}</text>`;
    })}
    ${timeTicks(scale, box).map(
      (at) =>
        svg`<text x=${scale.x(at)} y=${box.height - 8} text-anchor="middle">${isLong ? day(at) : clock(at)}</text>`,
    )}
    <text x=${box.left - 44} y="14">odds, E : 1</text>
  </g>`;
}

/** @param {number} decade */
function nameOf(decade) {
  if (decade < 0) return String(10 ** decade);
  return decade >= 6 ? `≥ ${10 ** (decade - 6)}M` : decade >= 4 ? `${10 ** (decade - 3)}k` : String(10 ** decade);
}

/** @param {PatchView} patch @param {Scale} scale @param {Box} box */
function thresholds({ policy }, scale, box) {
  return [
    { tone: 'harm', at: -Math.log(policy.alpha), name: `halts at ${count(Number((1 / policy.alpha).toPrecision(3)))}` },
    {
      tone: 'safety',
      at: -Math.log(policy.beta),
      name: `advances at ${count(Number((1 / policy.beta).toPrecision(3)))}`,
    },
  ].map(({ tone, at, name }) => {
    const y = scale.y(at);
    return svg`<g class="threshold ${tone}">
      <line x1=${box.left} x2=${box.width - box.right} y1=${y} y2=${y} />
      ${nameBeside(name, y, box)}
    </g>`;
  });
}

/** @param {string} name @param {number} y @param {Box} box */
function nameBeside(name, y, box) {
  return box.right > 100
    ? svg`<text x=${box.width - box.right + 8} y=${y + 4}>${name}</text>`
    : svg`<text x=${box.left + 6} y=${y - 5}>${name}</text>`;
}

/** What the gate or a person did. @param {PatchView} patch @param {Scale} scale @param {Box} box */
function acts({ audit }, scale, box) {
  const drawn = audit.filter(({ action, at }) => marks[action] !== undefined && at >= scale.from).toReversed();
  let free = 0;
  return drawn.map(({ action, at, actor }) => {
    const x = scale.x(at);
    const name = marks[action] ?? action;
    const room = name.length * 6.6;
    const hasRoom = x - room / 2 > free;
    if (hasRoom) free = x + room / 2 + 6;
    return svg`<g class="act ${action}">
      <title>${name} by ${actor}, ${date(at)} ${clock(at)}</title>
      <line x1=${x} x2=${x} y1=${box.top - 6} y2=${box.height - box.bottom} />
      ${hasRoom ? svg`<text x=${x} y=${box.top - 11} text-anchor="middle">${name}</text>` : ''}
    </g>`;
  });
}

/** @param {PatchView} patch @param {Scale} scale @param {Box} box */
function lines({ history }, scale, box) {
  const last = history.at(-1);
  if (last === undefined) return '';
  const x = scale.x(last.at);
  const [harm, safety] = [scale.y(last.lnHalt), scale.y(last.lnAdvance)];
  return svg`
    <path class="line safety" d=${steps(history, (point) => point.lnAdvance, scale)} />
    <path class="line harm" d=${steps(history, (point) => point.lnHalt, scale)} />
    <circle class="end safety" cx=${x} cy=${safety} r="4" />
    <rect class="end harm" x=${x - 4} y=${harm - 4} width="8" height="8" />
  `;
}

/**
 * What the drawing says, for those who do not see it.
 *
 * @param {PatchView} patch
 */
export function chartWords({ history, policy, decision, evidence }) {
  const top = history.reduce(
    (most, point) => (point.lnHalt > most.lnHalt ? point : most),
    history[0] ?? { lnHalt: 0, at: 0 },
  );
  const crossed = history.find((point) => point.lnHalt >= -Math.log(policy.alpha));
  const highestSaid = `It was highest at ${odds(top.lnHalt)}.`;
  const crossedSaid =
    crossed === undefined
      ? `It never reached ${odds(-Math.log(policy.alpha))}, where the gate halts.`
      : `It passed ${odds(-Math.log(policy.alpha))}, where the gate halts, at ${clock(crossed.at)}, with ${count(crossed.failed)} of ${count(crossed.n)} machines failed.`;
  return `Evidence of harm stands at ${odds(decision.lnHalt)} after ${count(evidence.n)} machines. ${highestSaid} ${crossedSaid} Evidence of safety stands at ${odds(decision.lnAdvance)}; the gate advances at ${odds(-Math.log(policy.beta))}.`;
}

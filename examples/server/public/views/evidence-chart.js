/** @import { PatchView } from '../../src/dashboard/views.ts' */
/** @import { Box, Scale } from './chart-scale.js' */
import { clock, count, day, minute, moment, odds } from '../format.js';
import { html, svg } from '../html.js';
import { nameOf } from '../status.js';
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
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Deeds that lie closer together share a line, px. */
const nearPx = 12;

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
    ${grid(scale, box)} ${thresholds(patch, scale, box)} ${deeds(patch, scale, box)} ${lines(patch, scale)}
  </svg>`;
}

/** @param {Scale} scale @param {Box} box */
function grid(scale, box) {
  const decades = Array.from({ length: (highest - lowest) / 2 + 1 }, (_, index) => lowest + 2 * index);
  const { step, times } = timeTicks(scale, box);
  const write = step >= dayMs ? day : step >= minuteMs ? minute : clock;
  return svg`<g class="grid">
    ${decades.map((decade) => {
      const y = scale.y(decade * Math.LN10);
      return svg`<line x1=${box.left} x2=${box.width - box.right} y1=${y} y2=${y} />
        <text x=${box.left - 8} y=${y + 4} text-anchor="end">${decadeName(decade)}</text>`;
    })}
    ${times.map((at) => svg`<text x=${scale.x(at)} y=${box.height - 8} text-anchor="middle">${write(at)}</text>`)}
    <text x="0" y="14">E to 1</text>
  </g>`;
}

/** @param {number} decade */
function decadeName(decade) {
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

/** What the gate or a person did; what was done at once has one name. @param {PatchView} patch @param {Scale} scale @param {Box} box */
function deeds({ audit }, scale, box) {
  /** @type {{ x: number, names: string[], words: string[] }[]} */
  const groups = [];
  for (const { action, at, actor } of audit.toReversed()) {
    const name = marks[action];
    if (name === undefined || at < scale.from) continue;
    const x = scale.x(at);
    const last = groups.at(-1);
    const group = last !== undefined && x - last.x < nearPx ? last : { x, names: [], words: [] };
    if (group !== last) groups.push(group);
    if (!group.names.includes(name)) group.names.push(name);
    group.words.push(`${name} by ${nameOf(actor)}, ${moment(at)}`);
  }
  // From the right: where names do not fit beside each other, the last ones matter most.
  let free = box.width;
  return groups.toReversed().map(({ x, names, words }) => {
    const text = names.join(', ');
    const half = text.length * 4;
    const middle = Math.min(x, box.width - half - 2);
    const hasRoom = middle + half <= free && middle - half >= 44;
    if (hasRoom) free = middle - half - 6;
    return svg`<g class="deed">
      <title>${words.join('; ')}</title>
      <line x1=${x} x2=${x} y1=${box.top - 6} y2=${box.height - box.bottom} />
      ${hasRoom ? svg`<text x=${middle} y=${box.top - 11} text-anchor="middle">${text}</text>` : ''}
    </g>`;
  });
}

/** @param {PatchView} patch @param {Scale} scale */
function lines({ history }, scale) {
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

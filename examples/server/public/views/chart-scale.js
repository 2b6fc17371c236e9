/** @import { PatchView } from '../../src/dashboard/views.ts' */

/** Decades that the chart shows: below a hundredth and above a million to one nobody decides differently. */
export const lowest = -2;
export const highest = 6;

/** @typedef {{ width: number, height: number, left: number, right: number, top: number, bottom: number }} Box */
/** @typedef {{ x: (at: number) => number, y: (ln: number) => number, from: number, to: number }} Scale */

/** The drawing's place; on a narrow page the names of lines stand in it and not beside it. @param {number} width @returns {Box} */
export function boxOf(width) {
  return { width, height: 290, left: 52, right: width < 560 ? 10 : 132, top: 30, bottom: 30 };
}

/**
 * Time as far as something happened, evidence as a logarithm.
 *
 * @param {PatchView} patch
 * @param {Box} box
 * @returns {Scale}
 */
export function scaleOf({ history, audit, now, status, evidence }, box) {
  const known = history.slice(0, -1).map(({ at }) => at);
  const first = known[0] ?? now - 60_000;
  const last = Math.max(first + 1000, ...known, ...audit.map(({ at }) => at));
  const isMoving = status === 'running' || evidence.open > 0;
  const [from, to] = [first - (last - first) * 0.03, isMoving ? Math.max(now, last) : last + (last - first) * 0.08];
  return {
    from,
    to,
    x: (at) =>
      box.left + ((Math.min(to, Math.max(from, at)) - from) / (to - from)) * (box.width - box.left - box.right),
    y: (ln) => {
      const decade = Math.min(highest, Math.max(lowest, ln / Math.LN10));
      return box.top + ((highest - decade) / (highest - lowest)) * (box.height - box.top - box.bottom);
    },
  };
}

/**
 * A line that keeps its height until something changes.
 *
 * @param {PatchView['history']} history
 * @param {(point: PatchView['history'][number]) => number} lnOf
 * @param {Scale} scale
 */
export function steps(history, lnOf, { x, y }) {
  return history
    .map((point, index) => {
      const [px, py] = [x(point.at).toFixed(1), y(lnOf(point)).toFixed(1)];
      return index === 0 ? `M${px} ${py}` : `H${px}V${py}`;
    })
    .join('');
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Steps that a clock is read in. */
const timeSteps = [1, 2, 5, 10, 15, 30]
  .map((seconds) => seconds * 1000)
  .concat([1, 2, 5, 10, 15, 30].map((minutes) => minutes * minuteMs))
  .concat([1, 2, 3, 6, 12].map((hours) => hours * hourMs))
  .concat([1, 2, 7, 14, 30, 90, 365].map((days) => days * dayMs));

/**
 * Round times for the axis, as many as there is room for, and how far apart they are.
 *
 * @param {Scale} scale
 * @param {Box} box
 */
export function timeTicks({ from, to }, box) {
  const most = Math.max(2, Math.floor((box.width - box.left - box.right) / 90));
  const step = timeSteps.find((each) => (to - from) / each <= most) ?? to - from;
  // Midnight and the hours of the reader's own clock.
  const shift = new Date(from).getTimezoneOffset() * minuteMs;
  const first = Math.ceil((from - shift) / step) * step + shift;
  return {
    step,
    times: Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => first + index * step),
  };
}

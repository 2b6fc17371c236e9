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

/** Times for the axis, as many as there is room for. @param {Scale} scale @param {Box} box */
export function timeTicks({ from, to }, box) {
  const number = Math.max(2, Math.min(6, Math.floor((box.width - box.left - box.right) / 110)));
  return Array.from({ length: number }, (_, index) => from + ((index + 0.5) / number) * (to - from));
}

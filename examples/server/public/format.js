const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 2 });
const times = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dates = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

/** @param {number} value */
export const count = (value) => numbers.format(value);

/** @param {number} ratio 0 to 1 */
export const percent = (ratio) => percents.format(ratio);

/** @param {number} microPercent 100 % is 100,000,000 */
export const share = (microPercent) => percents.format(microPercent / 1e8);

/** @param {number} ms epoch ms */
export const clock = (ms) => times.format(ms);

/** @param {number} ms epoch ms */
export const minute = (ms) => minutes.format(ms);

/** @param {number} ms epoch ms */
export const day = (ms) => days.format(ms);

/** @param {number} ms epoch ms */
export const date = (ms) => dates.format(ms);

/** @param {number} ms epoch ms */
export const iso = (ms) => new Date(ms).toISOString();

/**
 * A day and a time of it; the year only where it is not this one.
 *
 * @param {number} ms epoch ms
 */
export function moment(ms) {
  const isThisYear = new Date(ms).getFullYear() === new Date().getFullYear();
  return `${isThisYear ? day(ms) : date(ms)} ${clock(ms)}`;
}

/**
 * Odds as the gate speaks of them: E to 1. Beyond a million and below a hundredth nobody decides differently.
 *
 * @param {number} ln natural logarithm of E
 */
export function odds(ln) {
  if (ln > Math.log(1e6)) return 'over a million to 1';
  if (ln < Math.log(0.01)) return 'below 0.01 to 1';
  return `${numbers.format(Number(Math.exp(ln).toPrecision(3)))} to 1`;
}

/** @type {readonly (readonly [number, string])[]} */
const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/**
 * A length of time in its two largest units: `11 h 20 min`.
 *
 * @param {number} ms
 */
export function duration(ms) {
  const parts = [];
  let left = Math.max(0, Math.round(ms / 1000) * 1000);
  for (const [size, name] of units) {
    const whole = Math.floor(left / size);
    left -= whole * size;
    if (whole > 0) parts.push(`${whole} ${name}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

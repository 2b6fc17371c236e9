import { CliError } from '../cli-error.ts';

/** `12.5` as micro-percent, exactly: decimals are read digit by digit, not as a floating-point number. */
export function parseMicroPercent(text: string): number {
  const match = /^(?<whole>[0-9]{1,3})(?:\.(?<part>[0-9]{1,6}))?$/.exec(text);
  const { whole = '', part = '' } = match?.groups ?? {};
  const value = Number(whole) * 1_000_000 + Number(part.padEnd(6, '0'));
  if (match === null || value > 100_000_000) {
    throw new CliError('USAGE', `--percent wants 0 to 100 with at most six decimals, not "${text}"`);
  }
  return value;
}

/** Micro-percent as a person reads it. */
export function formatPercent(microPercent: number): string {
  return `${microPercent / 1_000_000} %`;
}

import { CliError, describeError } from './cli-error.ts';
import { readInput } from './files.ts';

/** Most bytes of a JSON document that is read whole. */
const maxJsonBytes = 67_108_864;

/** Runs what throws where the user gave something out of range: that is wrong use. */
export function asUsage<T>(work: () => T): T {
  return withCode('USAGE', work);
}

/** Runs what throws where a file does not hold what it should: that is unreadable input. */
export function asUnreadable<T>(path: string, work: () => T): T {
  return withCode('IO', work, `${path}: `);
}

/** A whole number of 0 or more, as an option gives it. */
export function countFrom(name: string, text: string): number {
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new CliError('USAGE', `--${name} takes a whole number of 0 or more`);
}

/** A decimal number, as an option gives it. */
export function numberFrom(name: string, text: string): number {
  if (/^[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?$/.test(text)) return Number(text);
  throw new CliError('USAGE', `--${name} takes a decimal number such as 0.01`);
}

/** Reads a JSON file. */
export async function readJson(folder: string, path: string): Promise<unknown> {
  const bytes = await readInput(folder, path, maxJsonBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new CliError('IO', `${path}: is not JSON`, { cause: error });
  }
}

function withCode<T>(code: 'USAGE' | 'IO', work: () => T, before = ''): T {
  try {
    return work();
  } catch (error) {
    const known = describeError(error);
    if (known === undefined || error instanceof CliError) throw error;
    throw new CliError(code, `${before}${known.message}`, { cause: error });
  }
}

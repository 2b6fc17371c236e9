import { resultMark } from './guest/result-mark.ts';
import type { ScenarioResult } from './scenario.ts';

/** What a program of `guest/` tells the host. */
export type GuestMessage = ScenarioResult | { readonly started: string } | { readonly begun: true };

/** Reads a line that carries a message; undefined for what a program merely printed. */
export function parseResult(line: string): GuestMessage | undefined {
  if (!line.startsWith(resultMark)) return undefined;
  try {
    return JSON.parse(line.slice(resultMark.length)) as GuestMessage;
  } catch {
    return undefined; // the machine went down in the middle of a line
  }
}

import type { LoadStep, LoadStepKind } from '../load-report.ts';
import type { Reason } from '../verdict.ts';

/** What the program in the machine says, a line of JSON each behind {@link eventMark}. */
export type LoadEvent =
  | { readonly event: 'begun'; readonly kind: LoadStepKind; readonly title: string }
  | { readonly event: 'step'; readonly step: LoadStep; readonly reasons: readonly Reason[] }
  | { readonly event: 'done' };

/** Starts a line that is an event; what else is printed is not. */
export const eventMark = '\u001f';

/** The event of a line; undefined for anything else, such as a line in whose middle the machine went down. */
export function parseLoadEvent(line: string): LoadEvent | undefined {
  if (!line.startsWith(eventMark)) return undefined;
  try {
    return JSON.parse(line.slice(eventMark.length)) as LoadEvent;
  } catch {
    return undefined;
  }
}

import { TriageError } from './error.ts';
import type { ReadLimits } from './limits.ts';
import type { VulnerabilityRecord } from './record.ts';

/** What every reader is handed besides the document. */
export interface ReadContext {
  readonly file: string;
  readonly limits: ReadLimits;
  readonly signal: AbortSignal | undefined;
}

/** A record that says nothing yet. */
export function emptyRecord(fields: Pick<VulnerabilityRecord, 'cve' | 'format' | 'file' | 'at'>): VulnerabilityRecord {
  return {
    ...fields,
    rejected: null,
    kernel: null,
    title: '',
    publishedAt: null,
    words: [],
    scores: [],
    weaknesses: [],
    programFiles: [],
    fixCommits: [],
    statements: [],
  };
}

/** The error for a fault in a record. */
export function malformed(at: string, message: string): TriageError {
  return new TriageError('MALFORMED_RECORD', message, { at });
}

/** Refuses what has more entries than any record. */
export function withinEntries(count: number, at: string, { maxEntries }: ReadLimits): void {
  if (count > maxEntries) throw new TriageError('TOO_LARGE', `more than ${maxEntries} entries.`, { at });
}

/** Whether a Debian or Ubuntu source package is a kernel: `linux`, `linux-6.1`, `linux-aws`, not firmware, tools or packaging around it. */
export function isKernelSource(name: string): boolean {
  return (
    /^linux(?:-|$)/.test(name) &&
    !/^linux-(?:firmware|base|meta|signed|tools|atm|user-chroot|wlan|ftpd|minidisc|igd|show|restricted)/.test(name)
  );
}

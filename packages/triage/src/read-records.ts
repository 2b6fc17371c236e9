import { TriageError } from './error.ts';
import { parseJsonText } from './json-text.ts';
import { defaultReadLimits, type ReadLimits } from './limits.ts';
import type { ReadContext } from './read-context.ts';
import { readCve } from './read-cve.ts';
import { isDebianExport, readDebianJson } from './read-debian-json.ts';
import { readDebianList } from './read-debian-list.ts';
import { readOsv } from './read-osv.ts';
import { readUbuntuJson } from './read-ubuntu-json.ts';
import { readUbuntuText } from './read-ubuntu-text.ts';
import type { VulnerabilityRecord } from './record.ts';

/** How to read a file of records. */
export interface ReadRecordsOptions {
  /** Name of the file, for the records and for people; nothing is opened. */
  readonly file: string;
  readonly limits?: ReadLimits;
  readonly signal?: AbortSignal;
}

const hasField = (json: object, name: string): boolean => Object.hasOwn(json, name);

function listIn(json: object): { name: string; items: readonly unknown[] } | undefined {
  for (const [name, items] of Object.entries(json)) {
    // The API of Ubuntu answers with `cves`, that of OSV with `vulns`.
    if ((name === 'cves' || name === 'vulns') && Array.isArray(items)) return { name, items };
  }
  return undefined;
}

function unknownFormat(at: string): TriageError {
  return new TriageError(
    'UNKNOWN_FORMAT',
    "this is no CVE JSON 5 or OSV record, nor from Ubuntu's or Debian's tracker: check which file was given.",
    { at },
  );
}

function readJson(json: unknown, at: string, context: ReadContext): VulnerabilityRecord[] {
  context.signal?.throwIfAborted();
  if (typeof json !== 'object' || json === null) throw unknownFormat(at);
  if (Array.isArray(json)) return json.flatMap((item: unknown, index) => readJson(item, `${at}[${index}]`, context));
  if (hasField(json, 'cveMetadata') || hasField(json, 'dataType')) return [readCve(json, at, context)];
  const list = listIn(json);
  if (list !== undefined)
    return list.items.flatMap((item, index) => readJson(item, `${at}.${list.name}[${index}]`, context));
  if (hasField(json, 'id') && hasField(json, 'packages')) return [readUbuntuJson(json, at, context)];
  const isOsv = ['modified', 'affected', 'schema_version'].some((name) => hasField(json, name));
  if (hasField(json, 'id') && isOsv) return readOsv(json, at, context);
  if (isDebianExport(json)) return readDebianJson(json, at, context);
  throw unknownFormat(at);
}

/** One record a line, where each line is an object by itself. */
function isLines(text: string): boolean {
  return /^\s*\{[^\n]*\}\s*\n\s*\{/.test(text);
}

function readLines(text: string, context: ReadContext): VulnerabilityRecord[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    return readJson(parseJsonText(line, context.limits.maxDepth, index + 1), `line ${index + 1}: $`, context);
  });
}

function readText(text: string, context: ReadContext): VulnerabilityRecord[] {
  const first = text.trimStart();
  if (first.startsWith('{') || first.startsWith('[')) {
    if (isLines(text)) return readLines(text, context);
    return readJson(parseJsonText(text, context.limits.maxDepth), '$', context);
  }
  if (/^(?:CVE|TEMP)-/.test(first)) return readDebianList(text, context);
  if (/^Candidate:/m.test(text)) return readUbuntuText(text, context);
  throw unknownFormat('');
}

/**
 * Reads the records of one file, of whichever of the formats it is: CVE JSON 5.x, OSV, Ubuntu's tracker (its text, or the JSON of the
 * security API), Debian's tracker (the export by package, or the list). Several records may stand in one file: a JSON array, one record a
 * line, the lists that the APIs answer with, a text with several. Of Debian's files only the kernel's packages are read.
 *
 * @throws TriageError `TOO_LARGE`, `TOO_DEEP`, `MALFORMED_JSON`, `UNKNOWN_FORMAT` or `MALFORMED_RECORD`, with the place in `at`.
 * @example
 * ```ts
 * import { mergeRecords, readRecords } from '@klpkit/triage';
 *
 * const text = ['CVE-2024-38550 (ASoC: kirkwood: fix potential NULL dereference)', '\t- linux 6.8.12-1', '\t[bookworm] - linux 6.1.94-1'];
 * const records = readRecords(text.join('\n'), { file: 'list' });
 * const vulnerabilities = mergeRecords(records);
 * ```
 */
export function readRecords(text: string, options: ReadRecordsOptions): VulnerabilityRecord[] {
  const { file, limits = defaultReadLimits, signal } = options;
  signal?.throwIfAborted();
  if (text.length > limits.maxCharacters) {
    throw new TriageError('TOO_LARGE', `more than ${limits.maxCharacters} characters: split the file.`);
  }
  const records = readText(text.startsWith('\uFEFF') ? text.slice(1) : text, { file, limits, signal });
  if (records.length > limits.maxRecords)
    throw new TriageError('TOO_LARGE', `more than ${limits.maxRecords} records: split the file.`);
  return records;
}

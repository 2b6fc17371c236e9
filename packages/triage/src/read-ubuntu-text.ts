import { commitIn, uniqueCommits } from './commit.ts';
import { readCvss } from './cvss.ts';
import { emptyRecord, isKernelSource, malformed, type ReadContext, withinEntries } from './read-context.ts';
import type { CvssScore, Statement, VendorWord, VulnerabilityRecord } from './record.ts';
import { dateFrom, isCve, oneLine } from './text.ts';
import { fixesOfBreakFix, isUbuntuStatus, ubuntuStatement } from './ubuntu-status.ts';
import { readVendorWord } from './vendor-word.ts';

/** One field: the text behind the colon and the lines below it, which begin with a blank. */
interface Field {
  readonly key: string;
  readonly value: string;
  readonly line: number;
  readonly lines: { readonly text: string; readonly line: number }[];
}

function fieldsOf(text: string): Field[] {
  const fields: Field[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const content = raw.trimEnd();
    const line = index + 1;
    if (content === '' || content.startsWith('#')) continue;
    if (/^\s/.test(content)) {
      const field = fields.at(-1);
      if (field === undefined) throw malformed(`line ${line}`, 'this continues a field, but none has begun.');
      field.lines.push({ text: content.trim(), line });
      continue;
    }
    const colon = content.indexOf(':');
    const key = content.slice(0, Math.max(colon, 0));
    if (!/^[\w/.+-]{1,100}$/.test(key))
      throw malformed(`line ${line}`, 'expected "Field: value", or a blank before the text.');
    fields.push({ key, value: content.slice(colon + 1).trim(), line, lines: [] });
  }
  return fields;
}

/** Splits a text of several records: each has one `Candidate`, which `PublicDateAtUSN` may come before. */
function recordsOf(fields: readonly Field[]): Field[][] {
  const records: Field[][] = [];
  let seen = true;
  for (const field of fields) {
    const begins = field.key === 'Candidate' || field.key === 'PublicDateAtUSN';
    if (records.length === 0 || (begins && seen)) {
      records.push([]);
      seen = false;
    }
    if (field.key === 'Candidate') seen = true;
    records.at(-1)?.push(field);
  }
  return records;
}

function statementOf({ key, value, line }: Field): Statement[] {
  const [, suite = '', source = ''] = /^([\w/.-]+?)_([a-z0-9][a-z0-9.+-]*)$/.exec(key) ?? [];
  if (!/^[a-z]/.test(suite) || source === '') return [];
  const [, word, note = ''] = /^(\S+)(?:\s+[([](.*)[)\]])?$/.exec(value) ?? [];
  if (word === undefined || !isUbuntuStatus(word)) {
    throw malformed(
      `line ${line}`,
      `${JSON.stringify(value.slice(0, 40))} is not a status such as "released (6.8.0-31.31)".`,
    );
  }
  return isKernelSource(source) ? ubuntuStatement(suite, source, word, note) : [];
}

function priorityOf(fields: readonly Field[]): VendorWord[] {
  // A kernel's own priority, where there is one, says more than that of the CVE as a whole.
  const field = fields.find(({ key }) => key === 'Priority_linux') ?? fields.find(({ key }) => key === 'Priority');
  if (field === undefined) return [];
  const word = readVendorWord('ubuntu', field.value);
  if (word === undefined)
    throw malformed(`line ${field.line}`, `${JSON.stringify(field.value.slice(0, 40))} is no priority.`);
  return word === null ? [] : [word];
}

function scoresOf(field: Field | undefined): CvssScore[] {
  return (field?.lines ?? []).map(({ text, line }) => {
    const [, by = '', vector = ''] = /^([\w.-]{1,40}):\s*(\S+)/.exec(text) ?? [];
    const read = readCvss(vector);
    if (read === undefined) throw malformed(`line ${line}`, 'expected "source: CVSS vector".');
    return { ...read, vector, by: by.toLowerCase(), role: 'vendor' };
  });
}

function recordOf(fields: readonly Field[], { file, limits }: ReadContext): VulnerabilityRecord {
  const named = (key: string): Field | undefined => fields.find((field) => field.key === key);
  const candidate = named('Candidate');
  const place = `line ${candidate?.line ?? fields[0]?.line ?? 1}`;
  if (candidate === undefined || !isCve(candidate.value))
    throw malformed(place, 'a record begins with "Candidate: CVE-…".');
  withinEntries(fields.length, place, limits);
  const description = (named('Description')?.lines ?? []).map(({ text }) => text).join(' ');
  const patches = fields.filter(({ key }) => /^Patches_linux(?:-|$)/.test(key)).flatMap(({ lines }) => lines);
  const sources = fields.filter(({ key }) => key.startsWith('Patches_')).map(({ key }) => key.slice('Patches_'.length));
  const statements = fields.flatMap(statementOf);
  return {
    ...emptyRecord({ cve: candidate.value, format: 'ubuntu-text', file, at: place }),
    rejected: /\*\* ?REJECT(?:ED)? ?\*\*|^Rejected reason:/.test(description) ? oneLine(description) : null,
    kernel: statements.length > 0 || sources.some(isKernelSource) ? true : sources.length > 0 ? false : null,
    title: oneLine(description.replace(/^In the Linux kernel, the following vulnerability has been resolved:\s*/, '')),
    publishedAt: dateFrom(named('PublicDate')?.value ?? '') ?? dateFrom(named('PublicDateAtUSN')?.value ?? ''),
    words: priorityOf(fields),
    scores: scoresOf(named('CVSS')),
    fixCommits: uniqueCommits([
      ...patches.flatMap(({ text }) => fixesOfBreakFix(text)),
      ...patches.flatMap(({ text }) => commitIn(text.replace(/^upstream:\s*/, '')) ?? []),
    ]),
    statements,
  };
}

/** Reads records in the text format of ubuntu-cve-tracker. */
export function readUbuntuText(text: string, context: ReadContext): VulnerabilityRecord[] {
  return recordsOf(fieldsOf(text)).map((fields) => {
    context.signal?.throwIfAborted();
    return recordOf(fields, context);
  });
}

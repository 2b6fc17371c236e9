import { commitIn, uniqueCommits } from './commit.ts';
import { readCvss } from './cvss.ts';
import { checked } from './json-text.ts';
import { isKernelEntry, osvStatements } from './osv-affected.ts';
import { type OsvDocument, osvSchema } from './osv-schema.ts';
import { emptyRecord, malformed, type ReadContext } from './read-context.ts';
import type { CvssScore, VendorWord, VulnerabilityRecord } from './record.ts';
import { dateFrom, isCve, oneLine, unique } from './text.ts';
import { readVendorWord } from './vendor-word.ts';

/** CVE ids that a record is about: its own, else its aliases, else (a notice of several) what it lists as upstream. */
function cvesOf({ id, aliases, upstream }: OsvDocument): string[] {
  const own = id.replace(/^(?:UBUNTU|DEBIAN)-(?=CVE-)/, '');
  if (isCve(own)) return [own];
  const alias = (aliases ?? []).filter(isCve);
  return unique(alias.length > 0 ? alias : (upstream ?? []).filter(isCve));
}

/** Who publishes: the database is told from the id (`UBUNTU-CVE-…`, `DSA-…`). */
function databaseOf(id: string): string {
  if (/^(?:UBUNTU-|USN-|LSN-)/.test(id)) return 'ubuntu';
  if (/^(?:DEBIAN-|DSA-|DLA-)/.test(id)) return 'debian';
  return id.startsWith('GHSA-') ? 'ghsa' : 'osv';
}

type Severity = NonNullable<OsvDocument['severity']>;

function scoresIn(severity: Severity, by: string, at: string): CvssScore[] {
  return severity.flatMap(({ type, score }, index) => {
    if (!type.startsWith('CVSS_')) return [];
    const read = readCvss(score);
    if (read === undefined || !type.endsWith(`V${read.version.slice(0, 1)}`)) {
      throw malformed(`${at}[${index}].score`, `this is not a vector of ${type}.`);
    }
    return [{ ...read, vector: score, by, role: 'vendor' as const }];
  });
}

/** Vendors' words: Ubuntu's as a severity of its own or beside the package, Debian's urgency beside it. */
function wordsIn({ severity, affected, database_specific: database }: OsvDocument): VendorWord[] {
  const beside = (affected ?? [])
    .filter(isKernelEntry)
    .flatMap(({ severity: own, ecosystem_specific: specific }) => [
      ...(own ?? []).map(({ type, score }) => [type, score] as const),
      ['ubuntu', specific?.['ubuntu_priority']] as const,
      ['debian', specific?.['urgency']] as const,
    ]);
  const whole = (severity ?? []).map(({ type, score }) => [type, score] as const);
  const words = [...whole, ...beside, ['ghsa', database?.['severity']] as const].flatMap(([type, word]) => {
    if (typeof word !== 'string' || type.startsWith('CVSS_')) return [];
    return readVendorWord(type.toLowerCase().slice(0, 32), word) ?? [];
  });
  return words.filter(
    ({ vendor, word }, index) => words.findIndex((one) => one.vendor === vendor && one.word === word) === index,
  );
}

/** Reads a record of the OSV format: one for each CVE that it is about. */
export function readOsv(json: unknown, at: string, { file }: ReadContext): VulnerabilityRecord[] {
  const document = checked(osvSchema, json, at, 'MALFORMED_RECORD');
  const cves = cvesOf(document);
  if (cves.length === 0) throw malformed(`${at}.id`, 'the record names no CVE, and the queue is by CVE.');
  const by = databaseOf(document.id);
  const entries = document.affected ?? [];
  const statements = entries.flatMap((entry, index) => osvStatements(entry, by, `${at}.affected[${index}]`));
  const ranges = statements.flatMap((statement) => (statement.kind === 'commits' ? statement.ranges : []));
  const linked = (document.references ?? []).flatMap(({ url }) => commitIn(url) ?? []);
  const record = {
    rejected: document.withdrawn ? `withdrawn on ${oneLine(document.withdrawn)}` : null,
    kernel: entries.length === 0 ? null : entries.some(isKernelEntry),
    title: oneLine(document.summary ?? document.details?.split('\n\n')[0] ?? ''),
    publishedAt: dateFrom(document.published ?? ''),
    words: wordsIn(document),
    scores: scoresIn(document.severity ?? [], by, `${at}.severity`),
    fixCommits: uniqueCommits([...ranges.flatMap(({ fixed }) => fixed ?? []), ...linked]),
    statements,
  };
  return cves.map((cve) => ({ ...emptyRecord({ cve, format: 'osv', file, at }), ...record }));
}

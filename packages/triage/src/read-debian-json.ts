import * as z from 'zod';
import { isDebianVersion } from './debian-version.ts';
import { checked, jsonPath } from './json-text.ts';
import { emptyRecord, isKernelSource, malformed, type ReadContext } from './read-context.ts';
import type { Statement, VendorWord, VulnerabilityRecord } from './record.ts';
import { isCve, oneLine } from './text.ts';
import { readVendorWord } from './vendor-word.ts';

const text = z.string().max(65_536);
const release = z.looseObject({
  status: z.enum(['open', 'resolved', 'undetermined']),
  fixed_version: text.optional(),
  urgency: text.optional(),
});
const issue = z.looseObject({
  description: z.string().optional(),
  releases: z.record(z.string(), release).refine((all) => Object.keys(all).length <= 2048, 'has too many suites'),
});

/** Debian's export has `0` for a suite that never had the flaw. */
function statementOf(source: string, suite: string, entry: z.infer<typeof release>, at: string): Statement {
  const common = { kind: 'package', by: 'debian', suite, source } as const;
  if (entry.status === 'undetermined') return { ...common, status: 'unknown', fixedIn: null };
  const { fixed_version: fixed } = entry;
  if (entry.status === 'open' || fixed === undefined) {
    return { ...common, status: entry.status === 'open' ? 'affected' : 'unknown', fixedIn: null };
  }
  if (fixed === '0') return { ...common, status: 'unaffected', fixedIn: null };
  if (!isDebianVersion(fixed)) throw malformed(`${at}.fixed_version`, "must be a package's version.");
  return { ...common, status: 'affected', fixedIn: fixed };
}

function readIssue(cve: string, json: unknown, source: string, at: string, file: string): VulnerabilityRecord {
  const { description = '', releases } = checked(issue, json, at, 'MALFORMED_RECORD');
  const words: VendorWord[] = [];
  for (const [suite, { urgency = '' }] of Object.entries(releases)) {
    const word = readVendorWord('debian', urgency);
    if (word === undefined)
      throw malformed(`${jsonPath(at, ['releases', suite])}.urgency`, 'this is no urgency of Debian.');
    if (word !== null && !words.some((one) => one.word === word.word)) words.push(word);
  }
  return {
    ...emptyRecord({ cve, format: 'debian-json', file, at }),
    kernel: true,
    title: oneLine(description.replace(/^In the Linux kernel, the following vulnerability has been resolved:\s*/, '')),
    words,
    statements: Object.entries(releases).map(([suite, entry]) =>
      statementOf(source, suite, entry, jsonPath(at, ['releases', suite])),
    ),
  };
}

/** Whether a value looks like Debian's export by package. */
export function isDebianExport(json: unknown): json is Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  const packages: unknown[] = Object.values(json);
  return (
    packages.length > 0 &&
    packages.every(
      (issues) =>
        typeof issues === 'object' &&
        issues !== null &&
        !Array.isArray(issues) &&
        Object.keys(issues).every((id) => /^(?:CVE-|TEMP-)/.test(id)),
    )
  );
}

/** Reads Debian's export by package: the kernel's CVEs alone. */
export function readDebianJson(
  json: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  at: string,
  { file, signal }: ReadContext,
): VulnerabilityRecord[] {
  return Object.entries(json).flatMap(([source, issues]) => {
    if (!isKernelSource(source)) return [];
    return Object.entries(issues).flatMap(([cve, value]) => {
      signal?.throwIfAborted();
      // TEMP- ids are Debian's own, for what has no CVE yet.
      return isCve(cve) ? [readIssue(cve, value, source, jsonPath(at, [source, cve]), file)] : [];
    });
  });
}

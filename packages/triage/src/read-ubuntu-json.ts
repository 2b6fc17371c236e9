import * as z from 'zod';
import { commitIn, uniqueCommits } from './commit.ts';
import { readCvss } from './cvss.ts';
import { checked } from './json-text.ts';
import { emptyRecord, isKernelSource, malformed, type ReadContext } from './read-context.ts';
import type { VulnerabilityRecord } from './record.ts';
import { dateFrom, oneLine } from './text.ts';
import { fixesOfBreakFix, isUbuntuStatus, ubuntuStatement } from './ubuntu-status.ts';
import { readVendorWord } from './vendor-word.ts';

const text = z.string().max(65_536);
const status = z.looseObject({
  release_codename: text,
  status: z.string().refine(isUbuntuStatus, 'must be a status such as released'),
  description: text.nullish(),
  pocket: text.nullish(),
});

/** A CVE as https://ubuntu.com/security/cves/CVE-….json gives it. */
const schema = z.looseObject({
  id: z.string().regex(/^CVE-[0-9]{4}-[0-9]{4,19}$/, 'must be a CVE id'),
  priority: text.nullish(),
  published: text.nullish(),
  description: z.string().nullish(),
  status: text.nullish(),
  impact: z
    .looseObject({
      baseMetricV3: z.looseObject({ cvssV3: z.looseObject({ vectorString: text }).optional() }).optional(),
    })
    .nullish(),
  packages: z.array(z.looseObject({ name: text, statuses: z.array(status).max(2048) })).max(2048),
  patches: z.record(z.string(), z.array(text).max(2048)).nullish(),
});

type UbuntuDocument = z.infer<typeof schema>;

/** The suite with the pocket that needs a subscription in front, as the tracker's text has it. */
const suiteOf = (codename: string, pocket: string): string =>
  /^(?:esm|fips|realtime|ros)/.test(pocket) ? `${pocket}/${codename}` : codename;

function scoresOf({ impact }: UbuntuDocument, at: string): VulnerabilityRecord['scores'] {
  const vector = impact?.baseMetricV3?.cvssV3?.vectorString;
  if (vector === undefined) return [];
  const read = readCvss(vector);
  if (read !== undefined) return [{ ...read, vector, by: 'ubuntu', role: 'vendor' }];
  throw malformed(`${at}.impact.baseMetricV3.cvssV3.vectorString`, 'this is not a CVSS vector.');
}

/** Reads a CVE of Ubuntu's security API. */
export function readUbuntuJson(json: unknown, at: string, { file }: ReadContext): VulnerabilityRecord {
  const document = checked(schema, json, at, 'MALFORMED_RECORD');
  const word = readVendorWord('ubuntu', document.priority ?? '');
  if (word === undefined) throw malformed(`${at}.priority`, 'this is no priority of Ubuntu.');
  const description = document.description ?? '';
  const kernels = document.packages.filter(({ name }) => isKernelSource(name));
  const patches = Object.entries(document.patches ?? {}).flatMap(([name, lines]) =>
    isKernelSource(name) ? lines : [],
  );
  return {
    ...emptyRecord({ cve: document.id, format: 'ubuntu-json', file, at }),
    rejected:
      document.status === 'rejected' || /^Rejected reason:|\*\* REJECT \*\*/.test(description)
        ? oneLine(description)
        : null,
    kernel: document.packages.length === 0 ? null : kernels.length > 0,
    title: oneLine(
      description.replace(/^\s*In the Linux kernel, the following vulnerability has been resolved:\s*/, ''),
    ),
    publishedAt: dateFrom(document.published ?? ''),
    words: word === null ? [] : [word],
    scores: scoresOf(document, at),
    fixCommits: uniqueCommits(
      patches.flatMap((line) => [...fixesOfBreakFix(line), ...[commitIn(line.replace(/^\w+:\s*/, '')) ?? []].flat()]),
    ),
    statements: kernels.flatMap(({ name, statuses }) =>
      statuses.flatMap(({ release_codename: codename, status: state, description: note, pocket }) =>
        ubuntuStatement(suiteOf(codename, pocket ?? ''), name, state, note ?? ''),
      ),
    ),
  };
}

import { commitIn, uniqueCommits } from './commit.ts';
import { isSomeKernel, isUpstreamKernel, statementsOf } from './cve-affected.ts';
import { beginningsIn } from './cve-backports.ts';
import { scoresOf, wordsOf } from './cve-ratings.ts';
import { type CveContainer, type CveDocument, cveSchema } from './cve-schema.ts';
import { checked } from './json-text.ts';
import { emptyRecord, type ReadContext } from './read-context.ts';
import type { Statement, VulnerabilityRecord } from './record.ts';
import { dateFrom, oneLine, unique } from './text.ts';

const preamble = /^In the Linux kernel, the following vulnerability has been resolved:\s*/;

function descriptionOf({ descriptions = [] }: CveContainer): string {
  return (descriptions.find(({ lang }) => lang.startsWith('en')) ?? descriptions[0])?.value ?? '';
}

function titleOf(cna: CveContainer): string {
  if (cna.title !== undefined) return oneLine(cna.title);
  return oneLine(descriptionOf(cna).replace(preamble, '').split('\n\n')[0] ?? '');
}

/** Whether it is about the kernel: by its products, else by its description. */
function isKernel(containers: readonly CveContainer[]): boolean | null {
  const entries = containers.flatMap(({ affected = [] }) => affected);
  if (entries.some(isSomeKernel)) return true;
  const [cna] = containers;
  if (cna !== undefined && /\blinux kernel\b/i.test(descriptionOf(cna).slice(0, 4096))) return true;
  const named = entries.some(({ product }) => product !== undefined && product.toLowerCase() !== 'n/a');
  return named ? false : null;
}

const nameOf = (container: CveContainer, otherwise: string): string =>
  oneLine(container.providerMetadata?.shortName ?? otherwise).toLowerCase();

interface Placed {
  readonly container: CveContainer;
  readonly at: string;
  readonly by: string;
  readonly role: 'cna' | 'adp';
}

function placed({ containers, cveMetadata }: CveDocument, at: string): Placed[] {
  const { cna, adp = [] } = containers;
  return [
    {
      container: cna,
      at: `${at}.containers.cna`,
      by: nameOf(cna, cveMetadata.assignerShortName ?? 'cna'),
      role: 'cna',
    },
    ...adp.map((container, index): Placed => {
      return { container, at: `${at}.containers.adp[${index}]`, by: nameOf(container, 'adp'), role: 'adp' };
    }),
  ];
}

function statementsIn({ container, at, by }: Placed): Statement[] {
  const beginnings = beginningsIn(container);
  return (container.affected ?? []).flatMap((entry, index) =>
    isUpstreamKernel(entry) ? statementsOf(entry, { by, at: `${at}.affected[${index}]`, beginnings }) : [],
  );
}

function fixesIn(containers: readonly CveContainer[], statements: readonly Statement[]): string[] {
  const linked = containers.flatMap(({ references = [] }) => references.flatMap(({ url }) => commitIn(url) ?? []));
  const ranges = statements.flatMap((statement) => (statement.kind === 'commits' ? statement.ranges : []));
  return uniqueCommits([...ranges.flatMap(({ fixed }) => fixed ?? []), ...linked]);
}

/** Reads a record in CVE JSON 5. */
export function readCve(json: unknown, at: string, { file }: ReadContext): VulnerabilityRecord {
  const document = checked(cveSchema, json, at, 'MALFORMED_RECORD');
  const { cveId, state, datePublished } = document.cveMetadata;
  const empty = emptyRecord({ cve: cveId, format: 'cve', file, at });
  const { cna } = document.containers;
  if (state === 'REJECTED') {
    const reason = oneLine(cna.rejectedReasons?.[0]?.value ?? '');
    return { ...empty, rejected: reason === '' ? 'rejected without a reason' : reason };
  }
  const parts = placed(document, at);
  const containers = parts.map(({ container }) => container);
  const statements = parts.flatMap(statementsIn);
  const kernelEntries = containers.flatMap(({ affected = [] }) => affected.filter(isSomeKernel));
  return {
    ...empty,
    kernel: isKernel(containers),
    title: titleOf(cna),
    publishedAt: dateFrom(cna.datePublic ?? '') ?? dateFrom(datePublished ?? ''),
    words: containers.flatMap(wordsOf),
    scores: parts.flatMap((part) => scoresOf(part.container, part.role, part.by, part.at)),
    weaknesses: unique(
      containers.flatMap(({ problemTypes = [] }) =>
        problemTypes.flatMap(({ descriptions }) =>
          descriptions.flatMap(({ cweId }) => (cweId !== undefined && /^CWE-[0-9]{1,5}$/.test(cweId) ? [cweId] : [])),
        ),
      ),
    ),
    programFiles: unique(kernelEntries.flatMap(({ programFiles = [] }) => programFiles)),
    fixCommits: fixesIn(containers, statements),
    statements,
  };
}

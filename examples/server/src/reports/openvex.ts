import { createHash } from 'node:crypto';
import type { Release } from '@klpkit/release';
import { z } from 'zod';

/** One statement: what this patch on this kernel means for one CVE. */
const statement = z.object({
  vulnerability: z.object({ name: z.string() }),
  products: z.array(
    z.object({
      '@id': z.string(),
      identifiers: z.object({ purl: z.string() }),
      subcomponents: z.array(z.object({ '@id': z.string(), hashes: z.object({ 'sha-256': z.string() }) })),
    }),
  ),
  status: z.enum(['fixed', 'affected']),
  status_notes: z.string(),
  action_statement: z.string().optional(),
});

/** An OpenVEX document (v0.2.0). */
export const openVexDocument = z.object({
  '@context': z.string(),
  '@id': z.string(),
  author: z.string(),
  timestamp: z.string(),
  last_updated: z.string(),
  version: z.int(),
  tooling: z.string(),
  statements: z.array(statement),
});

/** The document, as it is sent. */
export type OpenVexDocument = z.infer<typeof openVexDocument>;

/** What a document is made from. */
export interface VexSource {
  readonly key: string;
  readonly release: Release;
  readonly publishedAt: number;
  /** Blocked or withdrawn: then the CVEs are not fixed by it any more. */
  readonly isRevoked: boolean;
  /** How often that changed, and when it last did, epoch ms. */
  readonly changes: { readonly count: number; readonly lastAt: number | null };
  /** Package URLs by which the reader's scanner knows this kernel; without any, a generic one. */
  readonly products: readonly string[];
}

const livepatchTerms =
  'Holds for machines on which this livepatch is applied and healthy; the version that uname or a package manager tells does not change with it.';

/**
 * Says which CVEs a kernel is rid of while this livepatch is applied. The same source gives the same document, whenever it is asked for.
 */
export function makeOpenVex(source: VexSource): OpenVexDocument {
  const { release, publishedAt, changes } = source;
  const statements = release.fixes.map((cve) => statementOf(cve, source));
  const version = 1 + changes.count;
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `urn:uuid:${uuidOf(JSON.stringify([source.key, version, statements]))}`,
    author: 'klpkit example server',
    timestamp: new Date(publishedAt).toISOString(),
    last_updated: new Date(changes.lastAt ?? publishedAt).toISOString(),
    version,
    tooling: 'klpkit',
    statements,
  };
}

function statementOf(name: string, { key, release, isRevoked, products }: VexSource): z.infer<typeof statement> {
  const subcomponents = [{ '@id': livepatchPurl(release), hashes: { 'sha-256': release.sha256 } }];
  const purls = products.length === 0 ? [kernelPurl(release)] : products;
  const common = {
    vulnerability: { name },
    products: purls.map((purl) => ({ '@id': purl, identifiers: { purl }, subcomponents })),
  };
  if (!isRevoked)
    return { ...common, status: 'fixed', status_notes: `Fixed in memory by the livepatch ${key}. ${livepatchTerms}` };
  return {
    ...common,
    status: 'affected',
    status_notes: `The livepatch ${key} was taken back.`,
    action_statement:
      'Do not count on this livepatch. Apply the one that follows it, or install a fixed kernel and reboot.',
  };
}

/** By uname's words, for want of the distribution's: the release document does not name a package. */
function kernelPurl({ kernel, arch }: Release): string {
  return `pkg:generic/linux@${encodeURIComponent(kernel)}?arch=${encodeURIComponent(arch)}`;
}

function livepatchPurl({ name, version, reroll, sha256 }: Release): string {
  const full = reroll === 0 ? version : `${version}#${reroll}`;
  return `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(full)}?checksum=sha256:${sha256}`;
}

/** A UUID of version 8 (RFC 9562, 5.8) out of what the document says. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

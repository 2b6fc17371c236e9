import { sameBytes } from './bytes.ts';
import type { Certificate } from './certificate.ts';
import { VerifyError } from './error.ts';
import { parsePem } from './pem.ts';
import { isSameId, type TrustStore } from './trust-store.ts';
import { checkSelfSignature } from './self-signature.ts';
import { parseCertificate, type ParsedCertificate } from './x509.ts';

/** What {@link parseTrust} is given. */
export interface TrustInit {
  /** The trusted keys: X.509 certificates, DER or PEM (a PEM text may hold several). At least one. */
  readonly certificates: readonly (Uint8Array | string)[];
  /**
   * What is revoked: certificates as above, or lines of the kernel's blacklist keyring, `tbs:HEX` (digest of a certificate's
   * TBS part) and `bin:HEX` (SHA-256 of a file). Empty lines and lines that begin with `#` are skipped.
   */
  readonly revoked?: readonly (Uint8Array | string)[];
}

/** Keys that may stand behind a module, and what is revoked. Made by {@link parseTrust} alone. */
export interface Trust {
  /** The trusted certificates, in the order given, duplicates left out. */
  readonly certificates: readonly Certificate[];
}

// Module-private, as the proofs are: an object that merely looks like a Trust trusts nothing.
const stores = new WeakMap<Trust, TrustStore>();

/** What a Trust holds; for the package alone. */
export function storeOf(trust: Trust): TrustStore {
  const store = stores.get(trust);
  if (store === undefined) throw new VerifyError('INVALID_OPTION', 'trust was not made by parseTrust of this package');
  return store;
}

/** DER begins with a SEQUENCE; everything else is taken for PEM. */
function certificateBlocks(input: Uint8Array | string): Uint8Array[] {
  if (typeof input !== 'string' && input[0] === 0x30) return [input];
  const text = typeof input === 'string' ? input : new TextDecoder().decode(input);
  const blocks = parsePem(text, 'MALFORMED_CERTIFICATE').filter((block) => block.label === 'CERTIFICATE');
  if (blocks.length === 0)
    throw new VerifyError('MALFORMED_CERTIFICATE', 'neither DER nor a PEM text with a certificate');
  return blocks.map((block) => block.der);
}

async function parseAll(inputs: readonly (Uint8Array | string)[]): Promise<ParsedCertificate[]> {
  const found: ParsedCertificate[] = [];
  for (const der of inputs.flatMap(certificateBlocks)) {
    const certificate = await parseCertificate(der);
    if (!found.some((other) => sameBytes(other.der, certificate.der))) found.push(certificate);
  }
  return found;
}

/** Two keys under one name would make the answer depend on their order. */
function checkNames(certificates: readonly ParsedCertificate[]): void {
  for (const [index, one] of certificates.entries()) {
    const clash = certificates.slice(0, index).find((other) => {
      const sameSki = one.ski !== undefined && other.ski !== undefined && sameBytes(one.ski, other.ski);
      return (isSameId(one, other) || sameSki) && !sameBytes(one.spki, other.spki);
    });
    if (clash === undefined) continue;
    throw new VerifyError(
      'INVALID_OPTION',
      `two trusted keys have one identifier ("${one.info.subject}"): leave one out`,
    );
  }
}

const blacklistLine = /^(?<kind>tbs|bin):(?<hex>(?:[0-9a-f]{2}){1,64})$/;

/** A blacklist text, or `undefined` where it is certificates. */
function blacklistLines(input: Uint8Array | string): string[] | undefined {
  if (typeof input !== 'string' && input[0] === 0x30) return undefined;
  const text = typeof input === 'string' ? input : new TextDecoder().decode(input);
  if (text.includes('-----BEGIN ')) return undefined;
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function readBlacklist(lines: readonly string[]): Pick<TrustStore, 'tbsHashes' | 'binHashes'> {
  const tbsHashes = new Set<string>();
  const binHashes = new Set<string>();
  for (const line of lines) {
    const groups = blacklistLine.exec(line)?.groups;
    const hex = groups?.['hex'];
    if (hex === undefined) {
      // certs/blacklist.c takes lower-case hex of 1 to 64 bytes and nothing else.
      throw new VerifyError(
        'INVALID_OPTION',
        `"${line.slice(0, 80)}" is not a blacklist line: write tbs:HEX or bin:HEX, lower case`,
      );
    }
    (groups?.['kind'] === 'tbs' ? tbsHashes : binHashes).add(hex);
  }
  return { tbsHashes, binHashes };
}

/**
 * Reads trusted certificates and revocations.
 *
 * @returns what `verifyModule` wants as `trust`
 * @throws VerifyError `INVALID_OPTION` without a certificate, with two keys of one identifier, or for a line that is no blacklist
 * line; `MALFORMED_CERTIFICATE`, `WEAK_ALGORITHM` (RSA below 2048 bits) or `UNSUPPORTED_ALGORITHM` for a certificate
 *
 * @example
 * ```ts
 * import { parseTrust } from '@klpkit/payload';
 *
 * export async function trustOf(pem: string, blacklist: string): Promise<number> {
 *   const trust = await parseTrust({ certificates: [pem], revoked: [blacklist] });
 *   return trust.certificates.length;
 * }
 * ```
 */
export async function parseTrust(init: TrustInit): Promise<Trust> {
  const trusted = await parseAll(init.certificates);
  if (trusted.length === 0) throw new VerifyError('INVALID_OPTION', 'no trusted certificate was given');
  checkNames(trusted);
  for (const certificate of trusted) await checkSelfSignature(certificate);
  const lines = (init.revoked ?? []).map((input) => ({ input, lines: blacklistLines(input) }));
  const revoked = await parseAll(lines.flatMap((entry) => (entry.lines === undefined ? [entry.input] : [])));
  const hashes = readBlacklist(lines.flatMap((entry) => entry.lines ?? []));
  const trust: Trust = Object.freeze({ certificates: Object.freeze(trusted.map((certificate) => certificate.info)) });
  stores.set(trust, { trusted, revoked, ...hashes });
  return trust;
}

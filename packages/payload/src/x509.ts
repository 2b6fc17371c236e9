import { certificateScheme, readAlgorithm, type SignatureScheme } from './algorithm.ts';
import { sameBytes, toHex } from './bytes.ts';
import type { Certificate, PublicKeyKind } from './certificate.ts';
import { contentsOf, type Der, type Fields, fieldsOf, parseDer, rawOf, tag, tagOf } from './der.ts';
import { VerifyError } from './error.ts';
import { digest } from '#platform';
import { readPublicKey } from './public-key.ts';
import { type Extensions, readExtensions } from './x509-extensions.ts';
import { nameText } from './x509-name.ts';

const code = 'MALFORMED_CERTIFICATE';

/** A certificate taken apart; views into its own copy of the DER. */
export interface ParsedCertificate extends Extensions {
  readonly der: Uint8Array;
  /** TBSCertificate with its header: what the signature and a `tbs:` hash are over. */
  readonly tbs: Uint8Array;
  /** Contents of the serial's INTEGER and of the names' SEQUENCEs: what the kernel compares. */
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly key: PublicKeyKind;
  readonly spki: Uint8Array;
  /** The key itself: contents of the BIT STRING. */
  readonly rawKey: Uint8Array;
  /** How it is signed; `undefined` where we do not know the algorithm. */
  readonly scheme: SignatureScheme | undefined;
  readonly signature: Uint8Array;
  /** What is told to the caller. */
  readonly info: Certificate;
}

const utcTime = /^(?<year>\d\d)(?<month>\d\d)(?<day>\d\d)(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)Z$/;
const generalizedTime = /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)Z$/;

/** A date in the two forms that the kernel takes (x509_decode_time; RFC 5280, section 4.1.2.5). */
export function timeOf(node: Der | undefined): number {
  const utc = node !== undefined && tagOf(node) === tag.utcTime;
  const text = node === undefined ? '' : String.fromCharCode(...contentsOf(node).subarray(0, 16));
  const groups = (utc ? utcTime : generalizedTime).exec(text)?.groups;
  if (groups === undefined || (!utc && (node === undefined || tagOf(node) !== tag.generalizedTime))) {
    throw new VerifyError(code, 'a date cannot be read');
  }
  const part = (name: string): number => Number(groups[name]);
  const year = utc ? part('year') + (part('year') >= 50 ? 1900 : 2000) : part('year');
  const time = new Date(Date.UTC(year, part('month') - 1, part('day'), part('hour'), part('minute'), part('second')));
  // Date.UTC lets the 31st of February through as a day in March.
  const same = time
    .toISOString()
    .replace(/\D/g, '')
    .startsWith(`${year}${text.slice(utc ? 2 : 4, -1)}`);
  if (!same || year < 1970 || (!utc && year <= 2049)) throw new VerifyError(code, 'a date is out of its range');
  return time.getTime();
}

function readValidity(node: Der): { notBefore: number; notAfter: number } {
  const [notBefore, notAfter, ...more] = fieldsOf(node, 'validity', code).rest();
  if (more.length > 0) throw new VerifyError(code, 'validity has more than two dates');
  return { notBefore: timeOf(notBefore), notAfter: timeOf(notAfter) };
}

/** The optional end of TBSCertificate: unique ids (which nobody uses) and extensions. */
function readTail(fields: Fields): Extensions {
  fields.maybe(tag.context(1));
  fields.maybe(tag.context(2));
  const extensions = fields.maybe(tag.contextConstructed(3));
  fields.end();
  return readExtensions(extensions);
}

function readTbs(
  tbs: Der,
  signatureAlgorithm: Uint8Array,
): Omit<ParsedCertificate, 'der' | 'signature' | 'scheme' | 'info'> & Described {
  const fields = fieldsOf(tbs, 'certificate', code);
  fields.maybe(tag.contextConstructed(0));
  const serial = contentsOf(fields.take(tag.integer, 'serial'));
  const inner = fields.take(tag.sequence, 'signature algorithm');
  if (!sameBytes(rawOf(inner), signatureAlgorithm)) throw new VerifyError(code, 'the two signature algorithms differ');
  const issuer = fields.take(tag.sequence, 'issuer');
  const validity = readValidity(fields.take(tag.sequence, 'validity'));
  const subject = fields.take(tag.sequence, 'subject');
  const { kind, spki, raw } = readPublicKey(fields.take(tag.sequence, 'public key'));
  return {
    tbs: rawOf(tbs),
    serial,
    issuer: contentsOf(issuer),
    subject: contentsOf(subject),
    key: kind,
    spki,
    rawKey: raw,
    ...readTail(fields),
    described: { subject: nameText(subject, code), issuer: nameText(issuer, code), ...validity },
  };
}

interface Described {
  readonly described: Pick<Certificate, 'subject' | 'issuer' | 'notBefore' | 'notAfter'>;
}

/** Reads an X.509 certificate. */
export async function parseCertificate(bytes: Uint8Array): Promise<ParsedCertificate> {
  const der = bytes.slice();
  const fields = fieldsOf(parseDer(der, tag.sequence, code), 'certificate', code);
  const tbs = fields.take(tag.sequence, 'contents');
  const algorithm = fields.take(tag.sequence, 'signature algorithm');
  const bits = contentsOf(fields.take(tag.bitString, 'signature'));
  fields.end();
  if (bits[0] !== 0) throw new VerifyError(code, 'the signature is not a whole number of bytes');
  const { described, ...parsed } = readTbs(tbs, rawOf(algorithm));
  const { oid } = readAlgorithm(algorithm, 'signature algorithm', code);
  const info: Certificate = Object.freeze({
    ...described,
    serial: toHex(parsed.serial),
    ski: parsed.ski === undefined ? null : toHex(parsed.ski),
    publicKey: Object.freeze(parsed.key),
    sha256: toHex(await digest('sha256', der)),
  });
  return { ...parsed, der, scheme: certificateScheme(oid), signature: bits.subarray(1), info };
}

/** Whether a certificate names itself as its issuer and, where it says so, its own key. */
export function isSelfIssued(certificate: ParsedCertificate): boolean {
  const { authorityKeyId, ski } = certificate;
  if (!sameBytes(certificate.issuer, certificate.subject)) return false;
  return authorityKeyId === undefined || (ski !== undefined && sameBytes(authorityKeyId, ski));
}

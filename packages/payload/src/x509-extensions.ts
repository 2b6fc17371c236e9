import { contentsOf, type Der, fieldsOf, oidOf, parseDer, tag } from './der.ts';
import { VerifyError } from './error.ts';

const code = 'MALFORMED_CERTIFICATE';

/** What the kernel reads of a certificate's extensions (crypto/asymmetric_keys/x509_cert_parser.c). */
export interface Extensions {
  /** Subject key identifier: any bytes, not only SHA-1 of the key. */
  readonly ski: Uint8Array | undefined;
  /** Authority key identifier: key id. */
  readonly authorityKeyId: Uint8Array | undefined;
  /** Authority key identifier: contents of the issuer's name, and the serial. Both or none. */
  readonly authorityIssuer: Uint8Array | undefined;
  readonly authoritySerial: Uint8Array | undefined;
  /** basicConstraints cA. */
  readonly ca: boolean;
  /** keyUsage keyCertSign; true where there is no keyUsage. */
  readonly mayCertify: boolean;
  /** keyUsage digitalSignature; true where there is no keyUsage. */
  readonly maySign: boolean;
}

const oids = { ski: '2.5.29.14', keyUsage: '2.5.29.15', basicConstraints: '2.5.29.19', aki: '2.5.29.35' } as const;
const keyUsageDigitalSignature = 0x80;
const keyUsageCertSign = 0x04;

/** One value an extension, each extension once (RFC 5280, section 4.2). */
function collect(node: Der): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const outer = fieldsOf(node, 'extensions', code);
  const list = outer.take(tag.sequence, 'list');
  outer.end();
  for (const entry of fieldsOf(list, 'extensions', code).all(tag.sequence, 'extension')) {
    const fields = fieldsOf(entry, 'extension', code);
    const oid = oidOf(fields.take(tag.oid, 'identifier'));
    fields.maybe(tag.boolean);
    const value = contentsOf(fields.take(tag.octetString, 'value'));
    fields.end();
    if (found.has(oid)) throw new VerifyError(code, `extension ${oid} is there twice`);
    found.set(oid, value);
  }
  return found;
}

function readSki(value: Uint8Array | undefined): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const ski = contentsOf(parseDer(value, tag.octetString, code));
  // The kernel: a short-form OCTET STRING that is not empty.
  if (ski.length === 0 || ski.length > 127) {
    throw new VerifyError(code, 'the subject key identifier is not an OCTET STRING of 1 to 127 bytes');
  }
  return ski;
}

function readAki(
  value: Uint8Array | undefined,
): Pick<Extensions, 'authorityKeyId' | 'authorityIssuer' | 'authoritySerial'> {
  if (value === undefined) return { authorityKeyId: undefined, authorityIssuer: undefined, authoritySerial: undefined };
  const fields = fieldsOf(parseDer(value, tag.sequence, code), 'authority key identifier', code);
  const keyId = fields.maybe(tag.context(0));
  const names = fields.maybe(tag.contextConstructed(1));
  const serial = fields.maybe(tag.context(2));
  fields.end();
  const name = names && fieldsOf(names, 'authority name', code).maybe(tag.contextConstructed(4));
  const issuer = name && fieldsOf(name, 'authority name', code).take(tag.sequence, 'directory name');
  const both = issuer !== undefined && serial !== undefined;
  return {
    authorityKeyId: keyId && contentsOf(keyId),
    authorityIssuer: both ? contentsOf(issuer) : undefined,
    authoritySerial: both ? contentsOf(serial) : undefined,
  };
}

function readCa(value: Uint8Array | undefined): boolean {
  if (value === undefined) return false;
  const ca = fieldsOf(parseDer(value, tag.sequence, code), 'basic constraints', code).maybe(tag.boolean);
  return ca !== undefined && contentsOf(ca)[0] === 0xff;
}

function readKeyUsage(value: Uint8Array | undefined): number {
  if (value === undefined) return keyUsageDigitalSignature | keyUsageCertSign;
  return contentsOf(parseDer(value, tag.bitString, code))[1] ?? 0;
}

/** Reads the extensions of a certificate; `undefined` where it has none. */
export function readExtensions(node: Der | undefined): Extensions {
  const found = node === undefined ? new Map<string, Uint8Array>() : collect(node);
  const usage = readKeyUsage(found.get(oids.keyUsage));
  return {
    ski: readSki(found.get(oids.ski)),
    ...readAki(found.get(oids.aki)),
    ca: readCa(found.get(oids.basicConstraints)),
    mayCertify: (usage & keyUsageCertSign) !== 0,
    maySign: (usage & keyUsageDigitalSignature) !== 0,
  };
}

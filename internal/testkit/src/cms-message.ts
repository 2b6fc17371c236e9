import { createHash, sign as signBytes } from 'node:crypto';
import type { TestAuthority } from './authority.ts';
import { derChildren, derInteger, derOid, tlv } from './der-writer.ts';
import { concat } from './elf-writer.ts';

/** Digests that a test message can name. */
export type TestHash = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'sha3-256' | 'sha3-384' | 'sha3-512';

const hashOids: Record<TestHash, string> = {
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  'sha3-256': '2.16.840.1.101.3.4.2.8',
  'sha3-384': '2.16.840.1.101.3.4.2.9',
  'sha3-512': '2.16.840.1.101.3.4.2.10',
};
const ecdsaOids: Record<TestHash, string> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
  'sha3-256': '2.16.840.1.101.3.4.3.10',
  'sha3-384': '2.16.840.1.101.3.4.3.11',
  'sha3-512': '2.16.840.1.101.3.4.3.12',
};
const dataOid = '1.2.840.113549.1.7.1';

/** One signer of a {@link cmsMessage}; what is wrong with it is what a test says. */
export interface TestSigner {
  readonly authority: TestAuthority;
  readonly hash?: TestHash;
  readonly identifier?: 'issuer-serial' | 'key-id';
  /** SignerInfo version; default by the identifier. */
  readonly version?: number;
  /** What is signed, if not the payload. */
  readonly signs?: Uint8Array;
  /** Digest OID and signature OID, where they should not be those of the key. */
  readonly digestOid?: string;
  readonly signatureOid?: string;
  /** Adds contentType and messageDigest (SHA-512) as signed attributes, and these (`[oid, value]`) besides. */
  readonly attributes?: readonly (readonly [string, Uint8Array])[];
  /** messageDigest, where it should not be that of the payload. */
  readonly messageDigest?: Uint8Array;
  /** Further elements at the end of the SignerInfo. */
  readonly tail?: readonly Uint8Array[];
}

/** A PKCS#7 message for tests, right unless told otherwise. */
export interface CmsMessageOptions {
  readonly payload: Uint8Array;
  readonly signers: readonly TestSigner[];
  /** Embedded certificates, DER. */
  readonly certificates?: readonly Uint8Array[];
  readonly version?: number;
  readonly contentType?: string;
  /** Content to embed. */
  readonly content?: Uint8Array;
  /** OIDs of the outer digest list; default: those of the signers. */
  readonly digestOids?: readonly string[];
  /** OID of the outer ContentInfo. */
  readonly outerType?: string;
}

function signatureOid(signer: TestSigner, hash: TestHash): Uint8Array {
  const { algorithm } = signer.authority;
  if (signer.signatureOid !== undefined) return tlv(0x30, derOid(signer.signatureOid));
  if (algorithm.startsWith('rsa')) return tlv(0x30, derOid('1.2.840.113549.1.1.1'), tlv(0x05));
  if (algorithm.startsWith('p-')) return tlv(0x30, derOid(ecdsaOids[hash]));
  return tlv(0x30, derOid(`2.16.840.1.101.3.4.3.${{ '44': 17, '65': 18, '87': 19 }[algorithm.slice(-2)]}`));
}

const attribute = (oid: string, value: Uint8Array): Uint8Array => tlv(0x30, derOid(oid), tlv(0x31, value));

function signedAttributes(signer: TestSigner, payload: Uint8Array): Uint8Array | undefined {
  if (signer.attributes === undefined) return undefined;
  const messageDigest = signer.messageDigest ?? createHash('sha512').update(payload).digest();
  return concat(
    attribute('1.2.840.113549.1.9.3', derOid(dataOid)),
    ...signer.attributes.map(([oid, value]) => attribute(oid, value)),
    attribute('1.2.840.113549.1.9.4', tlv(0x04, messageDigest)),
  );
}

function certificateParts(authority: TestAuthority): { serial: Uint8Array; issuer: Uint8Array } {
  const [tbs = new Uint8Array()] = derChildren(authority.certificateDer);
  const [, serial = new Uint8Array(), , issuer = new Uint8Array()] = derChildren(tbs);
  return { serial, issuer };
}

function signerInfo(signer: TestSigner, payload: Uint8Array): Uint8Array {
  const { authority, identifier = 'issuer-serial' } = signer;
  const isMlDsa = authority.algorithm.startsWith('ml-dsa');
  const hash = signer.hash ?? 'sha512';
  const { serial, issuer } = certificateParts(authority);
  const byKey = identifier === 'key-id';
  const attributes = signedAttributes(signer, payload);
  const signed = attributes === undefined ? (signer.signs ?? payload) : tlv(0x31, attributes);
  const signature = signBytes(isMlDsa ? null : hash, signed, authority.key);
  return tlv(
    0x30,
    tlv(0x02, Uint8Array.of(signer.version ?? (byKey ? 3 : 1))),
    byKey ? tlv(0x80, Buffer.from(authority.ski, 'hex')) : tlv(0x30, issuer, serial),
    tlv(0x30, derOid(signer.digestOid ?? hashOids[hash])),
    ...(attributes === undefined ? [] : [tlv(0xa0, attributes)]),
    signatureOid(signer, hash),
    tlv(0x04, signature),
    ...(signer.tail ?? []),
  );
}

/** Writes a PKCS#7 message element by element, so that each one can be wrong. */
export function cmsMessage(options: CmsMessageOptions): Uint8Array<ArrayBuffer> {
  const { payload, signers, certificates = [] } = options;
  const byKey = signers.some((signer) => signer.identifier === 'key-id');
  const digests = options.digestOids ?? [
    ...new Set(signers.map((signer) => signer.digestOid ?? hashOids[signer.hash ?? 'sha512'])),
  ];
  return tlv(
    0x30,
    derOid(options.outerType ?? '1.2.840.113549.1.7.2'),
    tlv(
      0xa0,
      tlv(
        0x30,
        derInteger((options.version ?? (byKey ? 3 : 1)).toString(16).padStart(2, '0')),
        tlv(0x31, ...digests.map((oid) => tlv(0x30, derOid(oid)))),
        tlv(
          0x30,
          derOid(options.contentType ?? dataOid),
          ...(options.content === undefined ? [] : [tlv(0xa0, tlv(0x04, options.content))]),
        ),
        ...(certificates.length === 0 ? [] : [tlv(0xa0, ...certificates)]),
        tlv(0x31, ...signers.map((signer) => signerInfo(signer, payload))),
      ),
    ),
  );
}

const marker = new TextEncoder().encode('~Module signature appended~\n');

/** Fields of `struct module_signature` that a test wants to be wrong. */
export interface SignatureBlock {
  /** The first eight bytes. */
  readonly fields?: Uint8Array;
  readonly length?: number;
}

/** Appends a message to a payload as a module signature. */
export function appendSignature(
  payload: Uint8Array,
  message: Uint8Array,
  block: SignatureBlock = {},
): Uint8Array<ArrayBuffer> {
  const fields = new Uint8Array(12);
  fields.set(block.fields ?? [0, 0, 2, 0, 0, 0, 0, 0]);
  new DataView(fields.buffer).setUint32(8, block.length ?? message.length);
  return concat(payload, message, fields, marker);
}

/** A module with a message of {@link cmsMessage} behind it. */
export function signedModule(options: CmsMessageOptions): Uint8Array<ArrayBuffer> {
  return appendSignature(options.payload, cmsMessage(options));
}

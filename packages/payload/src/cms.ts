import { type AlgorithmId, readAlgorithm } from './algorithm.ts';
import { contentsOf, type Der, type Fields, fieldsOf, oidOf, parseDer, rawOf, tag } from './der.ts';
import { VerifyError } from './error.ts';

const code = 'MALFORMED_SIGNATURE';

/** How a SignerInfo names its key. */
export type SignerId =
  | {
      /** Version 1: contents of the issuer's name and of the serial. */
      readonly kind: 'issuer-serial';
      readonly issuer: Uint8Array;
      readonly serial: Uint8Array;
      /** The name itself, to be shown. */
      readonly issuerName: Der;
    }
  | { /** Version 3: the subject key identifier. */ readonly kind: 'key-id'; readonly ski: Uint8Array };

/** A SignerInfo as it stands; nothing about it is checked beyond its form. */
export interface SignerInfo {
  readonly id: SignerId;
  readonly digest: AlgorithmId;
  readonly algorithm: AlgorithmId;
  readonly signature: Uint8Array;
  /** The whole `[0]` element of signed attributes. */
  readonly signedAttributes: Der | undefined;
}

/** A SignedData message that is fit for a module, apart from what its signers are worth. */
export interface SignedData {
  /** At least one. */
  readonly signers: readonly SignerInfo[];
  /** Embedded certificates, DER. */
  readonly certificates: readonly Uint8Array[];
}

const signedDataOid = '1.2.840.113549.1.7.2';
const dataOid = '1.2.840.113549.1.7.1';
/** Each signer costs a pass over the module; the kernel sets no limit but 64 KiB. */
const maxSigners = 8;
const maxCertificates = 16;

function versionOf(node: Der, what: string): 1 | 3 {
  const contents = contentsOf(node);
  const version = contents.length === 1 ? contents[0] : undefined;
  if (version === 1 || version === 3) return version;
  throw new VerifyError('VERSION_MISMATCH', `${what} is neither 1 nor 3`, { offset: rawOf(node).byteOffset });
}

function readSignerId(fields: Fields, version: 1 | 3): SignerId {
  if (version === 3) return { kind: 'key-id', ski: contentsOf(fields.take(tag.context(0), 'subject key identifier')) };
  const name = fieldsOf(fields.take(tag.sequence, 'issuer and serial'), 'issuer and serial', code);
  const issuerName = name.take(tag.sequence, 'issuer');
  const serial = contentsOf(name.take(tag.integer, 'serial'));
  name.end();
  return { kind: 'issuer-serial', issuer: contentsOf(issuerName), serial, issuerName };
}

function readSigner(node: Der, dataVersion: 1 | 3): SignerInfo {
  const fields = fieldsOf(node, 'signer', code);
  const versionNode = fields.take(tag.integer, 'version');
  const version = versionOf(versionNode, 'the SignerInfo version');
  if (version !== dataVersion) {
    throw new VerifyError('VERSION_MISMATCH', `SignerInfo ${version} does not go with SignedData ${dataVersion}`, {
      offset: rawOf(versionNode).byteOffset,
    });
  }
  const id = readSignerId(fields, version);
  const digest = readAlgorithm(fields.take(tag.sequence, 'digest algorithm'), 'digest algorithm', code);
  const signedAttributes = fields.maybe(tag.contextConstructed(0));
  const algorithm = readAlgorithm(fields.take(tag.sequence, 'signature algorithm'), 'signature algorithm', code);
  const signature = contentsOf(fields.take(tag.octetString, 'signature'));
  // The kernel reads unsigned attributes, and CRLs in SignedData, and ignores them: bytes that anybody can change have no place.
  fields.end();
  return { id, digest, algorithm, signature, signedAttributes };
}

/** Content type and absence of content. */
function checkContent(node: Der): void {
  const fields = fieldsOf(node, 'content', code);
  const type = oidOf(fields.take(tag.oid, 'type'));
  const content = fields.maybe(tag.contextConstructed(0));
  fields.end();
  if (content !== undefined) {
    throw new VerifyError('NOT_DETACHED', 'the message carries content of its own', {
      offset: rawOf(content).byteOffset,
    });
  }
  if (type !== dataOid) throw new VerifyError('WRONG_CONTENT_TYPE', `content type ${type} is not pkcs7-data`);
}

function openSignedData(bytes: Uint8Array): Fields {
  const outer = fieldsOf(parseDer(bytes, tag.sequence, code), 'PKCS#7 message', code);
  const type = oidOf(outer.take(tag.oid, 'content type'));
  if (type !== signedDataOid) throw new VerifyError(code, `content type ${type} is not signedData`);
  const content = fieldsOf(outer.take(tag.contextConstructed(0), 'content'), 'content', code);
  outer.end();
  const signedData = content.take(tag.sequence, 'SignedData');
  content.end();
  return fieldsOf(signedData, 'SignedData', code);
}

/** The digests that SignedData announces must be those that its signers use: the kernel ignores the list, so we do not. */
function checkDigests(announced: ReadonlySet<string>, signers: readonly SignerInfo[]): void {
  const used = new Set(signers.map((signer) => signer.digest.oid));
  if (used.size === announced.size && [...used].every((oid) => announced.has(oid))) return;
  throw new VerifyError(code, 'the digest algorithms of SignedData and of its signers differ');
}

/** Reads a PKCS#7 message as a module may have it (crypto/asymmetric_keys/pkcs7.asn1; of the CHOICEs, only what CMS writes). */
export function parseSignedData(bytes: Uint8Array): SignedData {
  // An own copy, so that offsets in errors count from the start of the message.
  const fields = openSignedData(bytes.slice());
  const version = versionOf(fields.take(tag.integer, 'version'), 'the SignedData version');
  const digests = fieldsOf(fields.take(tag.set, 'digest algorithms'), 'digest algorithms', code).all(
    tag.sequence,
    'digest algorithm',
  );
  const announced = new Set(digests.map((node) => readAlgorithm(node, 'digest algorithm', code).oid));
  const content = fields.take(tag.sequence, 'content');
  const certificateSet = fields.maybe(tag.contextConstructed(0));
  const signerNodes = fieldsOf(fields.take(tag.set, 'signers'), 'signers', code).all(tag.sequence, 'signer');
  fields.end();
  if (signerNodes.length === 0) throw new VerifyError('NO_SIGNER', 'the message has no signer');
  if (signerNodes.length > maxSigners) throw new VerifyError(code, `more than ${maxSigners} signers`);
  const signers = signerNodes.map((node) => readSigner(node, version));
  checkDigests(announced, signers);
  checkContent(content);
  const certificates =
    certificateSet === undefined ? [] : fieldsOf(certificateSet, 'certificates', code).all(tag.sequence, 'certificate');
  if (certificates.length > maxCertificates) throw new VerifyError(code, `more than ${maxCertificates} certificates`);
  return { signers, certificates: certificates.map(rawOf) };
}

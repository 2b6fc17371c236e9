/**
 * Writes vectors/module-signature anew: `node --conditions=@klpkit/source internal/testkit/src/make-signature-vectors.ts`. Keys are made
 * for the run and thrown away, so every file changes; the expectations are written by hand below, not taken from the verifier.
 */
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeAuthority, testAuthority } from './authority.ts';
import { appendSignature, cmsMessage, type CmsMessageOptions, type TestSigner } from './cms-message.ts';
import { derOid, tlv } from './der-writer.ts';
import { concat } from './elf-writer.ts';
import { klpBuildModule, kpatchModule, staticPatchModule } from './patch-modules.ts';
import { vectorsDir } from './shared-dir.ts';
import { tinyModule } from './tiny-module.ts';

interface Vector {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Algorithm of a good one, code of a bad one. */
  readonly expect: { readonly ok: true; readonly algorithm: string } | { readonly ok: false; readonly code: string };
}

const payload = tinyModule();
const rsa = testAuthority('rsa-2048');
const p256 = testAuthority('p-256');
const p384 = testAuthority('p-384');
const p521 = testAuthority('p-521');
const mlDsa = testAuthority('ml-dsa-44');
const leaf = makeAuthority({ algorithm: 'p-256', name: 'leaf', issuer: p384, ca: false });
const below = makeAuthority({ algorithm: 'p-256', name: 'below a leaf', issuer: leaf });
const stranger = makeAuthority({ algorithm: 'p-256', name: 'stranger' });
const revoked = makeAuthority({ algorithm: 'p-256', name: 'revoked' });
const trusted = [rsa, p256, p384, p521, mlDsa, revoked];

const message = (options: Partial<CmsMessageOptions>): Uint8Array =>
  cmsMessage({ payload, signers: [{ authority: rsa }], ...options });
const signedBy = (...signers: TestSigner[]): Uint8Array => appendSignature(payload, message({ signers }));
const good = signedBy({ authority: rsa });
const goodMessage = message({});
const flip = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.map((byte, at) => (at === index ? byte ^ 1 : byte));
const yes = (file: string, algorithm: string, bytes: Uint8Array): Vector => ({
  file,
  bytes,
  expect: { ok: true, algorithm },
});
const no = (file: string, code: string, bytes: Uint8Array): Vector => ({ file, bytes, expect: { ok: false, code } });
const fields = (...values: number[]): Uint8Array =>
  appendSignature(payload, goodMessage, { fields: Uint8Array.from(values) });
const wrap = (patch: Uint8Array): Uint8Array =>
  appendSignature(patch, cmsMessage({ payload: patch, signers: [{ authority: p256 }] }));

const accepted: readonly Vector[] = [
  yes('rsa-2048-sha256.ko', 'rsa-2048/sha256', signedBy({ authority: rsa, hash: 'sha256' })),
  yes('rsa-2048-sha512.ko', 'rsa-2048/sha512', good),
  yes('rsa-2048-sha3-512.ko', 'rsa-2048/sha3-512', signedBy({ authority: rsa, hash: 'sha3-512' })),
  yes('rsa-2048-key-id.ko', 'rsa-2048/sha512', signedBy({ authority: rsa, identifier: 'key-id' })),
  yes('p256-sha256.ko', 'ecdsa-p256/sha256', signedBy({ authority: p256, hash: 'sha256' })),
  yes('p384-sha384.ko', 'ecdsa-p384/sha384', signedBy({ authority: p384, hash: 'sha384' })),
  yes('p521-sha512.ko', 'ecdsa-p521/sha512', signedBy({ authority: p521 })),
  yes('ml-dsa-44.ko', 'ml-dsa-44', signedBy({ authority: mlDsa })),
  yes('ml-dsa-44-signed-attributes.ko', 'ml-dsa-44', signedBy({ authority: mlDsa, attributes: [] })),
  yes('two-signers-one-unknown.ko', 'rsa-2048/sha512', signedBy({ authority: stranger }, { authority: rsa })),
  yes(
    'embedded-chain.ko',
    'ecdsa-p256/sha512',
    appendSignature(payload, message({ signers: [{ authority: leaf }], certificates: [leaf.certificateDer] })),
  ),
  yes('compressed.ko.gz', 'rsa-2048/sha512', gzipSync(good)),
  yes('compressed.ko.zst', 'rsa-2048/sha512', zstdCompressSync(good)),
  yes('livepatch-static.ko', 'ecdsa-p256/sha512', wrap(staticPatchModule())),
  yes('livepatch-kpatch-build.ko', 'ecdsa-p256/sha512', wrap(kpatchModule())),
  yes('livepatch-klp-build.ko', 'ecdsa-p256/sha512', wrap(klpBuildModule())),
];

const badBlocks: readonly Vector[] = [
  no('unsigned.ko', 'UNSIGNED', payload),
  no('byte-after-marker.ko', 'UNSIGNED', concat(good, Uint8Array.of(0))),
  no('marker-alone.ko', 'UNSIGNED', good.subarray(-28)),
  no('block-alone.ko', 'BAD_LENGTH', good.subarray(-40)),
  no('length-over-the-file.ko', 'BAD_LENGTH', appendSignature(payload, goodMessage, { length: 0xffff_ffff })),
  no('empty-payload.ko', 'BAD_LENGTH', appendSignature(new Uint8Array(), goodMessage)),
  no('id-type-x509.ko', 'UNSUPPORTED_ID_TYPE', fields(0, 0, 1, 0, 0, 0, 0, 0)),
  no('nonzero-hash.ko', 'NONZERO_FIELDS', fields(0, 4, 2, 0, 0, 0, 0, 0)),
  no('nonzero-padding.ko', 'NONZERO_FIELDS', fields(0, 0, 2, 0, 0, 0, 0, 1)),
  no('signed-after-compression.ko.gz', 'UNSIGNED', gzipSync(payload)),
  no('gzip-cut-short.ko.gz', 'MALFORMED_COMPRESSION', gzipSync(good).subarray(0, 400)),
  no('zstd-cut-short.ko.zst', 'MALFORMED_COMPRESSION', zstdCompressSync(good).subarray(0, 400)),
  no('gzip-bomb.ko.gz', 'TOO_LARGE', gzipSync(new Uint8Array(16 * 1024 * 1024))),
];

const raw = (bytes: Uint8Array): Uint8Array => appendSignature(payload, bytes);
const unsignedAttribute = tlv(0xa1, tlv(0x30, derOid('1.2.3'), tlv(0x31, tlv(0x05))));

const badMessages: readonly Vector[] = [
  no('message-cut-short.ko', 'MALFORMED_SIGNATURE', raw(goodMessage.subarray(0, -1))),
  no('byte-after-message.ko', 'MALFORMED_SIGNATURE', raw(concat(goodMessage, Uint8Array.of(0)))),
  no(
    'indefinite-length.ko',
    'MALFORMED_SIGNATURE',
    raw(concat(Uint8Array.of(0x30, 0x80), goodMessage.subarray(4), new Uint8Array(2))),
  ),
  no('set-for-a-sequence.ko', 'MALFORMED_SIGNATURE', raw(flip(goodMessage, 0))),
  no('version-mismatch.ko', 'VERSION_MISMATCH', raw(message({ version: 3 }))),
  no('content-inside.ko', 'NOT_DETACHED', raw(message({ content: payload }))),
  no('authenticode-content.ko', 'WRONG_CONTENT_TYPE', raw(message({ contentType: '1.3.6.1.4.1.311.2.1.4' }))),
  no('no-signer.ko', 'NO_SIGNER', raw(message({ signers: [], digestOids: ['2.16.840.1.101.3.4.2.1'] }))),
  no('signed-attributes-rsa.ko', 'SIGNED_ATTRIBUTES', signedBy({ authority: rsa, attributes: [] })),
  no('unsigned-attributes.ko', 'MALFORMED_SIGNATURE', signedBy({ authority: rsa, tail: [unsignedAttribute] })),
  no('md5.ko', 'UNSUPPORTED_ALGORITHM', signedBy({ authority: rsa, digestOid: '1.2.840.113549.2.5' })),
  no('sha1.ko', 'WEAK_ALGORITHM', signedBy({ authority: rsa, hash: 'sha1' })),
  no('rsa-pss.ko', 'UNSUPPORTED_ALGORITHM', signedBy({ authority: rsa, signatureOid: '1.2.840.113549.1.1.10' })),
  no('digest-list-of-another.ko', 'MALFORMED_SIGNATURE', raw(message({ digestOids: ['2.16.840.1.101.3.4.2.1'] }))),
];

const inside = (signer: TestSigner, ...certificates: Uint8Array[]): Uint8Array =>
  raw(message({ signers: [signer], certificates }));
const impostor = { ...stranger, certificateDer: rsa.certificateDer };

const badSigners: readonly Vector[] = [
  no('stranger.ko', 'UNTRUSTED_SIGNER', signedBy({ authority: stranger })),
  no('stranger-with-certificate.ko', 'UNTRUSTED_SIGNER', inside({ authority: stranger }, stranger.certificateDer)),
  no('impostor.ko', 'BAD_SIGNATURE', signedBy({ authority: impostor, signatureOid: '1.2.840.113549.1.1.1' })),
  no('payload-changed.ko', 'BAD_SIGNATURE', flip(good, 100)),
  no('signature-changed.ko', 'BAD_SIGNATURE', flip(good, good.length - 41)),
  no(
    'chain-through-a-leaf.ko',
    'BAD_SIGNATURE',
    inside({ authority: below }, below.certificateDer, leaf.certificateDer),
  ),
  no(
    'one-good-one-wrong.ko',
    'BAD_SIGNATURE',
    signedBy({ authority: rsa }, { authority: p256, signs: new Uint8Array(1) }),
  ),
  no('revoked.ko', 'REVOKED', signedBy({ authority: revoked })),
  no(
    'ml-dsa-wrong-message-digest.ko',
    'BAD_SIGNATURE',
    signedBy({ authority: mlDsa, attributes: [], messageDigest: new Uint8Array(64) }),
  ),
];

function badModule(file: string, patch: Uint8Array): Vector {
  return no(file, 'MALFORMED_MODULE', wrap(patch));
}
const overwritten = (offset: number, ...values: number[]): Uint8Array => {
  const bytes = tinyModule();
  bytes.set(values, offset);
  return bytes;
};
// Signed by a trusted key, and yet no module: nobody is to be trusted to have built a sound file.
const badModules: readonly Vector[] = [
  badModule('signed-text.ko', new TextEncoder().encode('#!/bin/sh\necho not a module\n')),
  badModule('elf32.ko', overwritten(4, 1)),
  badModule('sections-past-the-end.ko', overwritten(60, 0xfe, 0xfe)),
  badModule('section-table-at-2-to-the-63.ko', overwritten(40, 0, 0, 0, 0, 0, 0, 0, 0x80)),
  badModule('name-is-a-path.ko', tinyModule({ name: '../evil' })),
  badModule('vermagic-twice.ko', tinyModule({ modinfo: ['vermagic=6.12 SMP '] })),
];

const vectors = [...accepted, ...badBlocks, ...badMessages, ...badSigners, ...badModules];
const folder = vectorsDir('module-signature');
for (const area of ['accepted', 'refused']) {
  await rm(join(folder, area), { recursive: true, force: true });
  await mkdir(join(folder, area), { recursive: true });
}
const place = (vector: Vector): string => `${vector.expect.ok ? 'accepted' : 'refused'}/${vector.file}`;
for (const vector of vectors) await writeFile(join(folder, place(vector)), vector.bytes);
const cases = vectors.map((vector) => ({
  file: place(vector),
  sha256: createHash('sha256').update(vector.bytes).digest('hex'),
  ...vector.expect,
}));
await writeFile(join(folder, 'trusted.pem'), trusted.map((one) => `${one.name}\n${one.certificate}`).join('\n'));
await writeFile(join(folder, 'revoked.pem'), revoked.certificate);
await writeFile(join(folder, 'cases.json'), `${JSON.stringify({ maxBytes: 1024 * 1024, cases }, undefined, 2)}\n`);
console.log(`${cases.length} cases in ${folder}`);

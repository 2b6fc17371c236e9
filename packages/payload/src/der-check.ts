import { VerifyError, type VerifyErrorCode } from './error.ts';

/** The kernel's decoder refuses more (lib/asn1_decoder.c: `datalen > 65535`). */
const maxDerBytes = 65_535;
/** The kernel's stack of constructed types is 10 deep; certificates nest a little deeper in parts that it skips. */
const maxDerDepth = 16;
/** A message with 8 signers and 16 certificates has fewer. */
const maxDerNodes = 4096;

const tagInteger = 0x02;
const tagBitString = 0x03;
const tagOid = 0x06;

interface Header {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

type Fail = (message: string, offset: number) => VerifyError;

/** Reads one tag and length: low tag numbers, definite minimal lengths of at most two bytes (as in the kernel's decoder). */
function readHeader(bytes: Uint8Array, at: number, limit: number, fail: Fail): Header {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (at + 2 > limit || tag === undefined || first === undefined) throw fail('DER element is cut off', at);
  if ((tag & 0x1f) === 0x1f) throw fail('DER tag numbers above 30 are not taken', at);
  if (tag === 0) throw fail('end-of-contents has no place in DER', at);
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  if (first === 0x80) throw fail('indefinite length is not DER', at + 1);
  if (lengthBytes > 2) throw fail('DER length has more than two bytes', at + 1);
  const start = at + 2 + lengthBytes;
  if (start > limit) throw fail('DER length is cut off', at + 1);
  let length = first;
  if (lengthBytes > 0) {
    length = 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
    if (length < (lengthBytes === 1 ? 0x80 : 0x100)) throw fail('DER length is not the shortest form', at + 1);
  }
  if (start + length > limit) throw fail('DER element reaches past its container', at);
  return { tag, start, end: start + length };
}

/** Primitive or constructed, as X.690 section 10.2 wants it for universal types. */
function checkForm(tag: number, at: number, fail: Fail): void {
  if (tag >= 0x40) return;
  const constructed = (tag & 0x20) !== 0;
  const number = tag & 0x1f;
  // SEQUENCE and SET, EXTERNAL (8) and EMBEDDED PDV (11) are constructed, everything else is primitive.
  const mustBeConstructed = number === 16 || number === 17 || number === 8 || number === 11;
  if (constructed !== mustBeConstructed) throw fail('DER element has the wrong form (primitive or constructed)', at);
}

function checkOid(bytes: Uint8Array, { start, end }: Header, fail: Fail): void {
  if (start === end || ((bytes[end - 1] ?? 0) & 0x80) !== 0) throw fail('DER object identifier is cut off', start);
  let first = true;
  for (let at = start; at < end; at++) {
    if (first && bytes[at] === 0x80) throw fail('DER object identifier has a padded arc', at);
    first = ((bytes[at] ?? 0) & 0x80) === 0;
  }
}

/** The contents of universal primitives that have more than one way to be written in BER. */
function checkContents(bytes: Uint8Array, header: Header, fail: Fail): void {
  const { tag, start, end } = header;
  const first = bytes[start] ?? 0;
  if (tag === 0x01 && (end - start !== 1 || (first !== 0 && first !== 0xff)))
    throw fail('DER boolean is not 00 or FF', start);
  if (tag === 0x05 && end !== start) throw fail('DER null has contents', start);
  if (tag === tagOid) checkOid(bytes, header, fail);
  if (tag === tagInteger) {
    if (end === start) throw fail('DER integer is empty', start);
    const second = bytes[start + 1] ?? 0;
    const padded = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
    if (end - start > 1 && padded) throw fail('DER integer is padded', start);
  }
  if (tag === tagBitString) {
    const unused = 2 ** first - 1;
    if (end === start || first > 7) throw fail('DER bit string has a wrong count of unused bits', start);
    if (first > 0 && (end - start === 1 || ((bytes[end - 1] ?? 0) & unused) !== 0)) {
      throw fail('DER bit string has unused bits that are set', start);
    }
  }
}

/**
 * Checks that the bytes are one DER element and nothing else, before any parser sees them: size, depth and count are limited,
 * lengths are definite and minimal, contents have their one form. Linear in the input.
 */
export function checkDer(bytes: Uint8Array, code: VerifyErrorCode): void {
  const fail: Fail = (message, offset) => new VerifyError(code, message, { offset });
  if (bytes.length > maxDerBytes) throw fail(`DER input has more than ${maxDerBytes} bytes`, 0);
  const ends: number[] = [];
  let at = 0;
  let nodes = 0;
  do {
    const header = readHeader(bytes, at, ends.at(-1) ?? bytes.length, fail);
    if (++nodes > maxDerNodes) throw fail('DER input has too many elements', at);
    checkForm(header.tag, at, fail);
    if ((header.tag & 0x20) === 0) {
      checkContents(bytes, header, fail);
      at = header.end;
    } else {
      if (ends.length === maxDerDepth) throw fail('DER input is nested too deep', at);
      ends.push(header.end);
      at = header.start;
    }
    while (ends.at(-1) === at) ends.pop();
  } while (ends.length > 0);
  if (at !== bytes.length) throw fail('bytes follow the DER element', at);
}

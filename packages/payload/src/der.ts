import * as asn1js from 'asn1js';
import { checkDer } from './der-check.ts';
import { VerifyError, type VerifyErrorCode } from './error.ts';

/** An element of a DER text that passed the strict check. */
export type Der = asn1js.BaseBlock;

/** First bytes of the elements that are looked for. */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context: (number: number): number => 0x80 | number,
  contextConstructed: (number: number): number => 0xa0 | number,
} as const;

/** asn1js reports most errors in its result, and throws the others: a date that is none, say. */
function readTree(bytes: Uint8Array, code: VerifyErrorCode): Der {
  let cause: unknown;
  try {
    const { offset, result } = asn1js.fromBER(bytes, { copyInput: false });
    if (offset === bytes.length && result.error === '') return result;
    cause = result.error;
  } catch (error) {
    cause = error;
  }
  throw new VerifyError(code, 'a DER element cannot be read', { offset: 0, cause });
}

/** Reads one DER element of this tag that fills the bytes: strictly checked first, then parsed. */
export function parseDer(bytes: Uint8Array, expected: number, code: VerifyErrorCode): Der {
  checkDer(bytes, code);
  const result = readTree(bytes, code);
  if (tagOf(result) !== expected) throw new VerifyError(code, 'DER element is of another type', { offset: 0 });
  return result;
}

/** The whole element as it stands in the input. */
export function rawOf(node: Der): Uint8Array {
  return node.valueBeforeDecodeView;
}

/** First byte of the element. */
export function tagOf(node: Der): number {
  return rawOf(node)[0] ?? 0;
}

/** The contents, without tag and length. */
export function contentsOf(node: Der): Uint8Array {
  const raw = rawOf(node);
  const length = raw[1] ?? 0;
  return raw.subarray(length < 0x80 ? 2 : length - 0x80 + 2);
}

/** Dotted form of an object identifier. */
export function oidOf(node: Der): string {
  return node instanceof asn1js.ObjectIdentifier ? node.getValue() : '';
}

/** The elements in a constructed element, taken in order. What is not taken is an error. */
export interface Fields {
  /** The next element, which must have this tag. */
  take(expected: number, what: string): Der;
  /** The next element if it has this tag. */
  maybe(expected: number): Der | undefined;
  /** Refuses what is left. */
  end(): void;
  /** All that is left, each of which must have this tag. */
  all(expected: number, what: string): Der[];
  /** All that is left, whatever it is. */
  rest(): Der[];
}

/** Opens a constructed element. */
export function fieldsOf(node: Der, what: string, code: VerifyErrorCode): Fields {
  const children = node instanceof asn1js.Constructed ? node.valueBlock.value : [];
  let next = 0;
  const offset = (): number => rawOf(children[next] ?? node).byteOffset;
  const fail = (message: string): VerifyError => new VerifyError(code, `${what}: ${message}`, { offset: offset() });
  const maybe = (expected: number): Der | undefined => {
    const child = children[next];
    if (child === undefined || tagOf(child) !== expected) return undefined;
    next++;
    return child;
  };
  return {
    maybe,
    take(expected, name) {
      const child = maybe(expected);
      if (child === undefined) throw fail(`${name} is missing or of another type`);
      return child;
    },
    end() {
      if (next < children.length) throw fail('an element that does not belong there');
    },
    all(expected, name) {
      const found = children.slice(next);
      for (; next < children.length; next++) {
        if (tagOf(children[next] ?? node) !== expected) throw fail(`${name} is of another type`);
      }
      return found;
    },
    rest: () => children.slice(next),
  };
}

import { concat } from './elf-writer.ts';

/** One DER element: tag and contents, with the shortest length. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = concat(...contents);
  const { length } = body;
  const prefix = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concat(Uint8Array.of(tag, ...prefix), body);
}

/** An object identifier from its dotted form. */
export function derOid(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return tlv(0x06, Uint8Array.from(arcs));
}

/** An integer from the contents in hex. */
export function derInteger(hex: string): Uint8Array<ArrayBuffer> {
  return tlv(0x02, Buffer.from(hex, 'hex'));
}

/** The element at an offset: where its contents begin, and where it ends. */
function extent(bytes: Uint8Array, at: number): { start: number; end: number } {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  let length = 0;
  for (let index = 0; index < count; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  return { start: at + 2 + count, end: at + 2 + count + length };
}

/** The elements inside of a constructed element, each with its header. */
export function derChildren(element: Uint8Array): Uint8Array[] {
  const { start, end } = extent(element, 0);
  const children: Uint8Array[] = [];
  for (let at = start; at < end; ) {
    const next = extent(element, at).end;
    children.push(element.subarray(at, next));
    at = next;
  }
  return children;
}

import { describe, expect, it } from 'vitest';
import { withoutSignature } from './module-file.ts';

const marker = Buffer.from('~Module signature appended~\n');
function signed(body: string, signature: string, length = signature.length): Buffer {
  const header = Buffer.alloc(12);
  header[2] = 2;
  header.writeUInt32BE(length, 8);
  return Buffer.concat([Buffer.from(body), Buffer.from(signature), header, marker]);
}

describe('a module file', () => {
  it('loses its signature', () => {
    expect(Buffer.from(withoutSignature(signed('body', 'sig'))).toString()).toBe('body');
  });

  it.each([
    ['unsigned', Buffer.from('body')],
    ['empty', Buffer.alloc(0)],
    ['nothing but the marker', marker],
    ['a signature longer than the file', signed('body', 'sig', 1 << 20)],
    ['a byte behind the marker', Buffer.concat([signed('body', 'sig'), Buffer.from('x')])],
  ])('%s stays as it is', (_, bytes) => {
    expect(withoutSignature(bytes)).toBe(bytes);
  });
});

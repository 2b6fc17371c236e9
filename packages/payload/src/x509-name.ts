import * as asn1js from 'asn1js';
import { contentsOf, type Der, fieldsOf, oidOf, tag } from './der.ts';
import { toHex } from './bytes.ts';
import type { VerifyErrorCode } from './error.ts';

/** Short names of RFC 4514, and the e-mail address that the kernel knows. */
const attributeNames: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

/** What would let a name forge a log line, or end the value, is escaped. */
function escapeValue(value: string): string {
  return value.replace(/[\p{C}\p{Zl}\p{Zp}\\,+"<>;=]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x80 && code > 0x20 ? `\\${character}` : `\\u{${code.toString(16)}}`;
  });
}

function valueOf(node: Der): string {
  if (node instanceof asn1js.BaseStringBlock && typeof node.getValue() === 'string')
    return escapeValue(node.getValue());
  return `#${toHex(contentsOf(node))}`;
}

/** A distinguished name as text, in the order of the certificate: `O=Example, CN=key`. For people; nothing is decided by it. */
export function nameText(name: Der, code: VerifyErrorCode): string {
  const parts: string[] = [];
  for (const relative of fieldsOf(name, 'name', code).all(tag.set, 'relative name')) {
    for (const attribute of fieldsOf(relative, 'name', code).all(tag.sequence, 'name attribute')) {
      const fields = fieldsOf(attribute, 'name attribute', code);
      const oid = oidOf(fields.take(tag.oid, 'type'));
      const [value] = fields.rest();
      parts.push(`${attributeNames.get(oid) ?? oid}=${value === undefined ? '' : valueOf(value)}`);
    }
  }
  return parts.join(', ');
}

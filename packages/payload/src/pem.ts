import { VerifyError, type VerifyErrorCode } from './error.ts';

/** One block of a PEM text. */
export interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array<ArrayBuffer>;
}

/** More than any certificate bundle of a kernel: a limit so that a wrong file is told early. */
const maxPemChars = 4 * 1024 * 1024;
const begin = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/;

/** Reads the blocks of a PEM text (RFC 7468); what stands between them is ignored. Line by line, so linear. */
export function parsePem(text: string, code: VerifyErrorCode): PemBlock[] {
  if (text.length > maxPemChars) throw new VerifyError(code, `the PEM text is longer than ${maxPemChars} characters`);
  const blocks: PemBlock[] = [];
  let open: { label: string; lines: string[] } | undefined;
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    const label = begin.exec(trimmed)?.[1];
    if (label !== undefined && open === undefined) open = { label, lines: [] };
    else if (label !== undefined) throw new VerifyError(code, `PEM block ${open?.label ?? ''} is not closed`);
    else if (open !== undefined && trimmed === `-----END ${open.label}-----`) {
      blocks.push({ label: open.label, der: fromBase64(open.lines.join(''), code) });
      open = undefined;
    } else open?.lines.push(trimmed);
  }
  if (open !== undefined) throw new VerifyError(code, `PEM block ${open.label} is not closed`);
  return blocks;
}

function fromBase64(text: string, code: VerifyErrorCode): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new VerifyError(code, 'the PEM block is not base64');
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new VerifyError(code, 'the PEM block is not base64', { cause });
  }
}

/**
 * What goes between this process and the inserter. Request: a 32-bit little-endian length, a JSON header of that length, then
 * `size` bytes of module. Answers: one JSON object a line on stdout.
 */
export type InserterRequest =
  | {
      readonly call: 'insert';
      readonly params: string;
      readonly size: number;
      /** SHA-256 of the bytes, so that a broken pipe never loads half of a module. */
      readonly sha256: string;
      readonly method: InsertMethod;
      readonly loaderModule: string | null;
    }
  | { readonly call: 'remove'; readonly name: string; readonly size: 0; readonly loaderModule: string | null };

/**
 * Which system call hands the module over. `init_module` gives the kernel the verified bytes themselves: nothing lies between
 * the check and the load, and it stays safe on 6.12 after an oops in another module's init. `finit_module` is for systems whose
 * policy (IMA appraisal, LoadPin) wants a file: a private file in `folder` is written, hashed again through the descriptor that
 * the kernel is given, and unlinked.
 */
export type InsertMethod =
  | { readonly kind: 'init_module' }
  | {
      readonly kind: 'finit_module';
      /** An existing folder that only root can write, on the file system that the policy trusts. */
      readonly folder: string;
    };

/** What the inserter says. `calling` comes right before the system call: a death before it touched nothing. */
export type InserterAnswer =
  | { readonly kind: 'calling' }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly errno: number }
  | { readonly kind: 'failed'; readonly message: string };

/** Longest header. */
export const maxHeaderBytes = 65_536;

/** Largest module: the same as the verifier's order of size, far above any livepatch. */
export const maxModuleBytes = 512 * 1024 * 1024;

/** Puts a request in front of its bytes. */
export function encodeRequest(request: InserterRequest): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(request));
  const frame = new Uint8Array(4 + header.length);
  new DataView(frame.buffer).setUint32(0, header.length, true);
  frame.set(header, 4);
  return frame;
}

/** Reads an answer line; `undefined` for anything else that a loader module may print. */
export function parseAnswer(line: string): InserterAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  const { kind, errno, message } = value as { kind: unknown; errno?: unknown; message?: unknown };
  if (kind === 'calling' || kind === 'done') return { kind };
  if (kind === 'refused' && typeof errno === 'number' && Number.isInteger(errno) && errno > 0) return { kind, errno };
  if (kind === 'failed' && typeof message === 'string') return { kind, message };
  return undefined;
}

import { createHash, randomUUID } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { errnoError } from './errno.ts';
import type { InsertMethod } from './inserter-protocol.ts';
import type { ModuleLoader } from './options.ts';
import type { ModuleSyscalls } from './syscall-numbers.ts';

/** The three system calls as an FFI gives them: 0, or a positive errno that belongs to this very call. */
export interface ModuleCalls {
  initModule(bytes: Uint8Array, params: string): number;
  finitModule(descriptor: number, params: string): number;
  deleteModule(name: string): number;
}

/** Numbers for this machine, or an error that says what to do. */
export function requireSyscalls(numbers: ModuleSyscalls | undefined, arch: string): ModuleSyscalls {
  if (numbers !== undefined) return numbers;
  throw new Error(`the module system calls of ${arch} are not known: pass a ModuleLoader of your own`);
}

/** A loader on system calls that block the calling thread, which is what the inserter is there for. */
export function loaderOf(calls: ModuleCalls, method: InsertMethod): ModuleLoader {
  const refuse = (errno: number, syscall: string): void => {
    if (errno !== 0) throw errnoError(errno, syscall);
  };
  return {
    insert: async (bytes, params) => {
      if (method.kind === 'init_module') refuse(calls.initModule(bytes, params), 'init_module');
      else withPrivateFile(bytes, method.folder, (file) => refuse(calls.finitModule(file, params), 'finit_module'));
    },
    remove: async (name) => refuse(calls.deleteModule(name), 'delete_module'),
  };
}

/** Writes a file that nobody else can reach by name, and checks through the descriptor that the kernel will read the same bytes. */
function withPrivateFile(bytes: Uint8Array, folder: string, use: (descriptor: number) => void): void {
  const path = `${folder}/.klpkit-${randomUUID()}.ko`;
  const output = openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  let input: number | undefined;
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(output, bytes, done);
    fsyncSync(output);
    input = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } finally {
    closeSync(output); // the kernel refuses a file that is open for writing (ETXTBSY)
    unlinkSync(path);
  }
  try {
    const found = digestOf(input);
    if (found !== createHash('sha256').update(bytes).digest('hex'))
      throw new Error('the file changed before it was loaded');
    use(input);
  } finally {
    closeSync(input);
  }
}

function digestOf(descriptor: number): string {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(1024 * 1024);
  for (let offset = 0; ; ) {
    const count = readSync(descriptor, buffer, 0, buffer.length, offset);
    if (count === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, count));
    offset += count;
  }
}

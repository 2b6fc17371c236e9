import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { errnoError } from './errno.ts';
import {
  encodeRequest,
  type InserterAnswer,
  type InserterRequest,
  type InsertMethod,
  parseAnswer,
} from './inserter-protocol.ts';
import { watchThread } from './inserter-watch.ts';
import type { ModuleLoader } from './options.ts';

/** Options of {@link createInserter}. */
export interface InserterOptions {
  /** Default `{ kind: 'init_module' }`. */
  readonly method?: InsertMethod;
  /**
   * URL of an ES module whose default export is a {@link ModuleLoader}, imported inside the inserter in place of koffi; see
   * `@klpkit/kernel/ffi-napi`. `method` is the loader's own matter then.
   */
  readonly loaderModule?: string;
  /** The program of the inserter, for bundles that move it: the package's `inserter-main.js`. */
  readonly program?: URL;
}

/** What an inserter that died looks like to `insertModule`: `died` with or without a call made. */
export interface InserterFailure extends Error {
  /** True where the system call had begun: the kernel killed the thread, or somebody the process. */
  readonly died: boolean;
}

const sourceProgram = import.meta.url.endsWith('.ts') ? './inserter-main.ts' : './inserter-main.js';

/**
 * A loader that runs each call in a process of its own, because a module's init can take its caller down: after an oops in init
 * the calling thread is dead and its process never exits; an init that hangs survives SIGKILL. The process lives in its own
 * session, so that a Ctrl-C does not reach it in the middle of a load.
 *
 * @example
 * ```ts
 * import { createInserter, insertModule } from '@klpkit/kernel';
 * import type { VerifiedModule } from '@klpkit/payload';
 *
 * // For a system whose IMA policy appraises the file that a module comes from:
 * const loader = createInserter({ method: { kind: 'finit_module', folder: '/var/lib/livepatch' } });
 * export const insert = (module: VerifiedModule) => insertModule(module, { loader });
 * ```
 */
export function createInserter(options: InserterOptions = {}): ModuleLoader {
  const program = options.program ?? new URL(sourceProgram, import.meta.url);
  const loaderModule = options.loaderModule ?? null;
  const method = options.method ?? { kind: 'init_module' };
  return {
    insert: (bytes, params, signal) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const request: InserterRequest = { call: 'insert', params, size: bytes.length, sha256, method, loaderModule };
      return runInserter(program, request, bytes, signal);
    },
    remove: (name, signal) =>
      runInserter(program, { call: 'remove', name, size: 0, loaderModule }, new Uint8Array(), signal),
  };
}

/**
 * Nothing of the caller's environment. From source, which nobody ships, the compile cache is passed on, as a start is several times shorter
 * with it; what is shipped takes no compiled code from a folder that an environment names.
 */
export function inserterEnvironment(
  program: URL,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { NODE_COMPILE_CACHE: cache } = environment;
  return cache === undefined || !program.pathname.endsWith('.ts') ? {} : { NODE_COMPILE_CACHE: cache };
}

function runInserter(
  program: URL,
  request: InserterRequest,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(program)], {
    cwd: '/',
    detached: true,
    env: inserterEnvironment(program, process.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const talk = converse(child, request);
  const thread = watchThread(child.pid);
  const abandon = (): void => {
    // Not waited for: a process in uninterruptible sleep does not die of it, and must not keep this one alive.
    child.kill('SIGKILL');
    child.stdin?.destroy();
    for (const handle of [child, child.stdout, child.stderr] as readonly unknown[]) unreference(handle);
  };
  signal?.addEventListener('abort', abandon, { once: true });
  child.stdin?.on('error', () => undefined); // EPIPE: the exit says more
  child.stdin?.write(encodeRequest(request));
  child.stdin?.end(bytes);
  return Promise.race([
    talk,
    thread.died.then(() => Promise.reject(failure('the kernel killed its thread', true))),
  ]).finally(() => {
    signal?.removeEventListener('abort', abandon);
    thread.stop();
    release(child);
  });
}

/** Reads the answers; settles at the outcome, stays pending while the kernel is silent. */
function converse(child: ChildProcess, request: InserterRequest): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let calling = false;
  let text = '';
  let complaint = '';
  const hear = (answer: InserterAnswer): void => {
    if (answer.kind === 'calling') calling = true;
    else if (answer.kind === 'done') resolve();
    else if (answer.kind === 'refused')
      reject(errnoError(answer.errno, request.call === 'insert' ? request.method.kind : 'delete_module'));
    else reject(failure(answer.message, false));
  };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = (lines.pop() ?? '').slice(-4096);
    for (const line of lines) {
      const answer = parseAnswer(line);
      if (answer !== undefined) hear(answer);
    }
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    complaint = (complaint + chunk).slice(0, 2048);
  });
  child.on('error', (error) => reject(failure(error.message, false)));
  child.on('close', (code, killer) => {
    const how = killer === null ? `exit code ${code}` : killer;
    reject(failure(`it ended without an answer (${how}) ${complaint.trim()}`.trim(), calling));
  });
  return promise;
}

function failure(message: string, died: boolean): InserterFailure {
  return Object.assign(new Error(`inserter: ${message}`), { died });
}

/** Pipes are sockets at run time, though their type does not say so. */
function unreference(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'unref' in handle && typeof handle.unref === 'function') {
    handle.unref();
  }
}

/** Lets this process end even where the inserter never does. */
function release(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

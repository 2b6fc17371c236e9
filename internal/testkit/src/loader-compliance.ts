import assert from 'node:assert/strict';
import type { ModuleLoader } from '@klpkit/kernel';
import type { ComplianceCase } from './compliance-case.ts';

/** A module file with the name that its .modinfo says. */
export interface SubjectModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A loader under test and what it needs to be tried with. Nothing of it may be loaded when a case begins. */
export interface LoaderSubject {
  readonly loader: ModuleLoader;
  /** The module's state as sysfs has it; undefined where it is not loaded. */
  readonly state: (name: string) => string | undefined;
  /** A sound module that is no livepatch, so that it can be removed right away. */
  readonly plain: SubjectModule;
  /** A module whose init returns an error, and which. */
  readonly failing: SubjectModule & { readonly errno: number };
  /** A livepatch, enabled as soon as it is loaded, and how to take it out again. */
  readonly livepatch: SubjectModule & { disable(): Promise<void> };
}

const errno = { ENOENT: 2, ENOEXEC: 8, EAGAIN: 11, EEXIST: 17, EKEYREJECTED: 129 } as const;

/** load_module looks at the signature before the form: what is no module is unsigned where signatures are enforced. */
const noModule = [errno.ENOEXEC, errno.EKEYREJECTED] as const;

async function rejects(call: Promise<void>, ...wanted: readonly number[]): Promise<void> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error, `the call was to fail with errno ${wanted.join(' or ')}, it gave ${String(error)}`);
  const found = 'errno' in error ? error.errno : undefined;
  assert.ok(
    wanted.some((number) => number === found),
    `errno ${wanted.join(' or ')} was to come: ${error.message}`,
  );
}

/**
 * What every `ModuleLoader` must do. `setup` gives a fresh subject for each case; loading is real, so cases run one after another.
 */
export function loaderCompliance(setup: () => Promise<LoaderSubject>): readonly ComplianceCase[] {
  const make = (name: string, run: (subject: LoaderSubject) => Promise<void>): ComplianceCase => ({
    name,
    run: async () => run(await setup()),
  });
  return [...insertionCases(make), ...removalCases(make)];
}

type Make = (name: string, run: (subject: LoaderSubject) => Promise<void>) => ComplianceCase;

function insertionCases(make: Make): ComplianceCase[] {
  return [
    make('an insertion resolves once the module is live', async ({ loader, plain, state }) => {
      await loader.insert(plain.bytes, '');
      assert.equal(state(plain.name), 'live');
      await loader.remove(plain.name);
    }),
    make('the bytes are not written to', async ({ loader, plain }) => {
      const copy = plain.bytes.slice();
      await loader.insert(plain.bytes, '');
      assert.deepEqual(plain.bytes, copy);
      await loader.remove(plain.name);
    }),
    make('a name that is live is refused with EEXIST', async ({ loader, plain }) => {
      await loader.insert(plain.bytes, '');
      await rejects(loader.insert(plain.bytes, ''), errno.EEXIST);
      await loader.remove(plain.name);
    }),
    make('what is no ELF file is refused for its form, or first for its signature', async ({ loader }) => {
      await rejects(loader.insert(new Uint8Array(4096).fill(0x41), ''), ...noModule);
    }),
    make('a file cut inside its ELF header is refused likewise', async ({ loader, plain, state }) => {
      await rejects(loader.insert(plain.bytes.slice(0, 40), ''), ...noModule);
      assert.equal(state(plain.name), undefined);
    }),
    make('the errno of an init comes through, and nothing stays loaded', async ({ loader, failing, state }) => {
      await rejects(loader.insert(failing.bytes, ''), failing.errno);
      assert.equal(state(failing.name), undefined);
    }),
    make('a refusal leaves the loader usable', async ({ loader, plain, failing }) => {
      await rejects(loader.insert(failing.bytes, ''), failing.errno);
      await loader.insert(plain.bytes, '');
      await loader.remove(plain.name);
    }),
  ];
}

function removalCases(make: Make): ComplianceCase[] {
  return [
    make('a removal resolves once the module is gone', async ({ loader, plain, state }) => {
      await loader.insert(plain.bytes, '');
      await loader.remove(plain.name);
      assert.equal(state(plain.name), undefined);
    }),
    make('a module can come back after its removal', async ({ loader, plain, state }) => {
      await loader.insert(plain.bytes, '');
      await loader.remove(plain.name);
      await loader.insert(plain.bytes, '');
      assert.equal(state(plain.name), 'live');
      await loader.remove(plain.name);
    }),
    make('a name that is not loaded is ENOENT', async ({ loader }) => {
      await rejects(loader.remove('klpkit_no_such_module'), errno.ENOENT);
    }),
    make('a livepatch that is enabled is in use: EAGAIN', async ({ loader, livepatch, state }) => {
      await loader.insert(livepatch.bytes, '');
      await rejects(loader.remove(livepatch.name), errno.EAGAIN);
      assert.equal(state(livepatch.name), 'live');
      await livepatch.disable();
      await loader.remove(livepatch.name);
    }),
  ];
}

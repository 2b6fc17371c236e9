import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, signTestModule, type TestAuthority } from '@klpkit-internal/testkit';
import {
  type BootOptions,
  bootVm,
  buildModules,
  buildRoot,
  type KernelSelector,
  packageClosure,
  type PreparedKernel,
  prepareKernel,
  type RootEntry,
  type RootImage,
  trustCertificate,
  type Vm,
} from '@klpkit/vm';
import { livepatchesFolder, repositoryFolder } from './folders.ts';
import type { Series, Signing } from './scenario.ts';
import { signFile } from './sign-file.ts';

/** A kernel that trusts a key of ours, the test modules built for it, and a root disk with this repository's packages. */
export interface Lab extends AsyncDisposable {
  readonly kernel: PreparedKernel;
  readonly series: Series;
  readonly authority: TestAuthority;
  readonly root: RootImage;
  /** For what a scenario writes; goes with the lab. */
  readonly folder: string;
  boot(options?: Partial<BootOptions>): Promise<Vm>;
  /** Another root disk: this one's programs and modules, and more. */
  buildRoot(more: readonly RootEntry[], name: string): Promise<RootImage>;
}

/** The digest that both kernels verify without a module that would have to be loaded first. */
const hash = { '6.1': 'sha256', '6.12': 'sha384' } as const;

export async function openLab(selector: KernelSelector): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'klpkit-lab-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const stock = await prepareKernel(selector);
    const series: Series = stock.release.startsWith('6.1.') ? '6.1' : '6.12';
    const algorithm = series === '6.1' ? 'rsa-4096' : 'p-384'; // what there is room for in place of the kernel's own
    const authority = makeAuthority({ algorithm, name: 'klpkit' });
    const kernel = await trustCertificate(stock, {
      certificate: authority.certificateDer,
      sign: (module) => signFile(stock, module, authority, hash[series]),
      image: join(folder, 'vmlinux'),
    });
    const modules = await signedModules(kernel, series, authority, folder);
    const entries = [...(await programEntries()), ...modules, fileEntry('/lab/trusted.der', authority.certificateDer)];
    const buildLabRoot = (more: readonly RootEntry[], name: string): Promise<RootImage> =>
      buildRoot([...entries, ...more], { image: join(folder, name) });
    const root = await buildLabRoot([], 'root');
    const boot = (options: Partial<BootOptions> = {}): Promise<Vm> => bootVm(kernel, { root, ...options });
    return { kernel, series, authority, root, folder, boot, buildRoot: buildLabRoot, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const fileEntry = (to: string, content: Uint8Array): RootEntry => ({ kind: 'file', to, content });

/** This repository's packages as the guest runs them: from source. */
async function programEntries(): Promise<readonly RootEntry[]> {
  const entries = await packageClosure([join(repositoryFolder, 'vm')], { workspace: repositoryFolder, to: '/app' });
  return [...entries, { kind: 'file', to: '/app/package.json', content: '{"type":"module"}' }];
}

async function signedModules(
  kernel: PreparedKernel,
  series: Series,
  authority: TestAuthority,
  folder: string,
): Promise<RootEntry[]> {
  const built = await buildModules(kernel, { sources: livepatchesFolder, into: join(folder, 'modules') });
  const untrusted = makeAuthority({ algorithm: authority.algorithm, name: 'klpkit untrusted' });
  const entries: RootEntry[] = [];
  const add = (name: string, signing: Signing, bytes: Uint8Array): void =>
    void entries.push(fileEntry(`/lab/modules/${signing}/${name}.ko`, bytes));
  for (const [name, path] of built) {
    const bytes = await readFile(path);
    add(name, 'unsigned', bytes);
    add(name, 'trusted', await signFile(kernel, bytes, authority, hash[series]));
    if (name !== 'klpkit_cmdline_1') continue;
    add(name, 'untrusted', await signFile(kernel, bytes, untrusted, hash[series]));
    add(name, 'ours', await signTestModule(bytes, authority, { hash: hash[series] }));
  }
  return entries;
}

/** Writes what a machine says down for people, as it comes: `node_modules/.cache/vm/NAME.log`. */
export function openTranscript(name: string): { readonly path: string; write(line: string): void } {
  const folder = join(repositoryFolder, 'node_modules', '.cache', 'vm');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.log`);
  writeFileSync(path, '');
  return { path, write: (line) => appendFileSync(path, `${line}\n`) };
}

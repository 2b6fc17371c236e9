import { execFileSync } from 'node:child_process';
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

/** The module that is there in every signing. */
const variedModule = 'klpkit_cmdline_1';

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
    const boot = (options: Partial<BootOptions> = {}): Promise<Vm> =>
      bootVm(kernel, { root, accelerator: 'tcg', ...options });
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

/** All test modules, and the one that most scenarios use signed and packed in every way. */
async function signedModules(
  kernel: PreparedKernel,
  series: Series,
  authority: TestAuthority,
  folder: string,
): Promise<RootEntry[]> {
  const built = await buildModules(kernel, { sources: livepatchesFolder, into: join(folder, 'modules') });
  const entries: RootEntry[] = [];
  const add = (name: string, signing: Signing, bytes: Uint8Array): void =>
    void entries.push(fileEntry(`/lab/modules/${signing}/${name}.ko`, bytes));
  for (const [name, path] of built) {
    const bytes = await readFile(path);
    add(name, 'unsigned', bytes);
    add(name, 'trusted', await signFile(kernel, bytes, authority, hash[series]));
  }
  const plain = await readFile(built.get(variedModule) ?? '');
  const untrusted = makeAuthority({ algorithm: authority.algorithm, name: 'klpkit untrusted' });
  const secondary = makeAuthority({ algorithm: 'rsa-4096', name: 'klpkit secondary', issuer: authority });
  const trusted = await signFile(kernel, plain, authority, hash[series]);
  add(variedModule, 'untrusted', await signFile(kernel, plain, untrusted, hash[series]));
  add(variedModule, 'secondary', await signFile(kernel, plain, secondary, hash[series]));
  add(variedModule, 'ours', await signTestModule(plain, authority, { hash: hash[series] }));
  add(variedModule, 'xz', xz(trusted, 'crc32'));
  add(variedModule, 'xz-crc64', xz(trusted, 'crc64'));
  const certificate = (name: string, { certificateDer }: TestAuthority): RootEntry =>
    fileEntry(`/lab/${name}.der`, certificateDer);
  return [...entries, certificate('secondary', secondary), certificate('untrusted', untrusted)];
}

/** As `make modules_install` packs (scripts/Makefile.modinst): the kernel's own decompressor has a small dictionary. */
const xz = (bytes: Uint8Array, check: string): Uint8Array =>
  execFileSync('xz', [`--check=${check}`, '--lzma2=dict=1MiB', '--stdout'], { input: bytes });

/** What a machine said, kept for people. */
export interface Transcript {
  readonly path: string;
  write(line: string): void;
  /** The last lines, for a message that is all that is left of a run elsewhere. */
  tail(): readonly string[];
}

/** Writes what a machine says down as it comes: `node_modules/.cache/vm/NAME.log`. */
export function openTranscript(name: string): Transcript {
  const folder = join(repositoryFolder, 'node_modules', '.cache', 'vm');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.log`);
  writeFileSync(path, '');
  const last: string[] = [];
  const write = (line: string): void => {
    appendFileSync(path, `${line}\n`);
    last.push(line);
    if (last.length > tailLines) last.shift();
  };
  return { path, write, tail: () => [...last] };
}

/** Enough for an oops with its stack. */
const tailLines = 60;

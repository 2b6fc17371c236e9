import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, type TestAuthority } from '@klpkit-internal/testkit';
import {
  bootVm,
  buildModules,
  buildRoot,
  type KernelSelector,
  type PreparedKernel,
  prepareKernel,
  type RootImage,
  trustCertificate,
  type Vm,
} from '@klpkit/vm';
import { livepatchesFolder } from '../folders.ts';
import { signFile } from '../sign-file.ts';
import { bundledAgent } from './bundle.ts';
import { serverName } from './patch-server.ts';

const fuses = join(livepatchesFolder, 'agent');
/** Modules of the suite beside: livepatches to publish, and the one whose functions klpkit_stall patches. */
const borrowed = ['klpkit_cmdline_1', 'klpkit_cmdline_2', 'klpkit_trap', 'klpkit_stall', 'klpkit_host'];

/** The last MiB of the first 257 is kept from the kernel, for ramoops. It survives a reboot inside the same QEMU. */
const region = { address: '0x10000000', bytes: '0x100000' };
const ramoops = [
  'reed_solomon',
  `ramoops mem_address=${region.address} mem_size=${region.bytes} record_size=0x20000 console_size=0 ecc=1`,
];
/** A machine of these tests lives for minutes, on a host that may be five times slower. */
const limitMs = 1_500_000;

/** A kernel, its root disk with the agent, and signed livepatches to publish. */
export interface AgentLab extends AsyncDisposable {
  readonly release: string;
  /** A signed livepatch as a release's payload. */
  payload(name: string): Uint8Array;
  /** A machine that reaches the host and keeps `/state` in this file. With `survives` it comes back from a panic, and pstore with it. */
  boot(state: string, options?: { readonly survives?: true }): Promise<Vm>;
  /** A path for a state disk that goes with the lab. */
  stateDisk(name: string): string;
}

/** Prepares it: a kernel that trusts a key of this run, modules signed with it, and a root disk with the agent alone. */
export async function openAgentLab(selector: KernelSelector): Promise<AgentLab> {
  const folder = await mkdtemp(join(tmpdir(), 'klpkit-agent-lab-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { kernel, modules, authority } = await trustingKernel(selector, folder);
    const module = (name: string): Uint8Array => {
      const bytes = modules.get(name);
      if (bytes === undefined) throw new TypeError(`no module ${name} was built`);
      return bytes;
    };
    const entries = [
      ...(await bundledAgent()),
      { kind: 'file', to: '/lab/trusted.der', content: authority.certificateDer },
      { kind: 'file', to: '/lab/klpkit_host.ko', content: module('klpkit_host') },
    ] as const;
    const root = await buildRoot(entries, { image: join(folder, 'root') });
    return {
      release: kernel.release,
      payload: module,
      boot: (state, { survives } = {}) => bootWith(kernel, root, state, survives === true),
      stateDisk: (name) => join(folder, `${name}.state`),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function trustingKernel(
  selector: KernelSelector,
  folder: string,
): Promise<{ kernel: PreparedKernel; modules: ReadonlyMap<string, Uint8Array>; authority: TestAuthority }> {
  const stock = await prepareKernel(selector);
  // What there is room for in place of the kernel's own certificate, and the digest it verifies without a further module.
  const [algorithm, hash] = stock.release.startsWith('6.1.')
    ? (['rsa-4096', 'sha256'] as const)
    : (['p-384', 'sha384'] as const);
  const authority = makeAuthority({ algorithm, name: 'klpkit' });
  const sign = (module: Uint8Array): Promise<Uint8Array> => signFile(stock, module, authority, hash);
  const kernel = await trustCertificate(stock, {
    certificate: authority.certificateDer,
    sign,
    image: join(folder, 'vmlinux'),
  });
  const into = join(folder, 'modules');
  const built = [
    ...(await buildModules(kernel, { sources: fuses, headers: livepatchesFolder, into })),
    ...(await buildModules(kernel, { sources: livepatchesFolder, only: borrowed, into })),
  ];
  const modules = new Map<string, Uint8Array>();
  for (const [name, path] of built) modules.set(name, await sign(await readFile(path)));
  return { kernel, modules, authority };
}

function bootWith(kernel: PreparedKernel, root: RootImage, state: string, survives: boolean): Promise<Vm> {
  const memory = survives ? [`memmap=1M$${region.address}`] : [];
  return bootVm(kernel, {
    root,
    state,
    accelerator: 'tcg',
    network: 'user',
    hosts: { [serverName]: '10.0.2.2' },
    // The interpreter gives each CPU a thread, and two that wait for each other on a busy host are slower than one.
    cpus: 1,
    append: ['module.sig_enforce=1', ...memory].join(' '),
    ...(survives ? { reboot: 'allow', drivers: ramoops } : {}),
    timeoutMs: limitMs,
    bootTimeoutMs: limitMs,
  });
}

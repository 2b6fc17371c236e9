import { chmod, cp, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ensureBusybox } from './busybox.ts';
import { runCommand } from './command.ts';
import { bootTools, ensureTools, findProgram } from './host-tools.ts';
import type { RootEntry } from './root-entry.ts';
import { VmError } from './vm-error.ts';

/** A root disk for `bootVm`. */
export interface RootImage {
  /** The ext4 image. The caller removes it. */
  readonly path: string;
}

/** How `buildRoot` builds. */
export interface BuildRootOptions {
  /** The file that the image is written to. */
  readonly image: string;
  /** The Node that goes in as /usr/bin/node, with its libraries: the running one unless told, none with null. */
  readonly node?: string | null;
  /** Where a static busybox is kept if the system has none. */
  readonly cacheFolder?: string;
  readonly signal?: AbortSignal;
}

const blockBytes = 4096;
/** Folders that every root has, mount points among them. */
const folders = [
  'bin',
  'sbin',
  'usr/bin',
  'lib',
  'lib64',
  'etc',
  'proc',
  'sys',
  'dev',
  'run',
  'tmp',
  'root',
  'state',
  'mnt',
];
const passwd = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n';

/**
 * Makes a root disk: busybox with all its applets, Node with its libraries, and what the caller adds.
 *
 * Throws `VmError` with `IMAGE_FAILED`, `TOOL_MISSING` or `INSTALL_FAILED`.
 *
 * @example
 * ```ts
 * import { buildRoot } from '@klpkit/vm';
 *
 * const root = await buildRoot([{ kind: 'copy', from: 'my-program', to: '/app' }], { image: '/var/tmp/root.img' });
 * console.log(root.path);
 * ```
 */
export async function buildRoot(entries: readonly RootEntry[], options: BuildRootOptions): Promise<RootImage> {
  const { image, node = process.execPath, signal } = options;
  await ensureTools(bootTools, { signal });
  const staging = await mkdtemp(join(tmpdir(), 'klpkit-root-'));
  try {
    for (const folder of folders) await mkdir(join(staging, folder), { recursive: true });
    const all = [
      ...(await baseEntries(await ensureBusybox(options), signal)),
      ...(node === null ? [] : await nodeEntries(node, signal)),
      ...entries,
    ];
    for (const entry of all) {
      signal?.throwIfAborted();
      await place(entry, staging);
    }
    await makeImage(staging, image, signal);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return { path: image };
}

async function baseEntries(busybox: string, signal: AbortSignal | undefined): Promise<RootEntry[]> {
  const list = await runCommand(busybox, ['--list'], {
    code: 'IMAGE_FAILED',
    nextStep: 'remove it from the cache and try again',
    signal,
  });
  const applets = list
    .toString('utf8')
    .split('\n')
    .filter((name) => /^[a-z0-9_.[-]+$/.test(name) && name !== 'busybox');
  return [
    { kind: 'copy', from: busybox, to: '/bin/busybox' },
    ...applets.map((name): RootEntry => ({ kind: 'link', to: `/bin/${name}`, target: 'busybox' })),
    { kind: 'file', to: '/etc/passwd', content: passwd },
    { kind: 'file', to: '/etc/hosts', content: '127.0.0.1 localhost\n' },
  ];
}

/** The program and the libraries that its loader would take, at their usual paths. */
async function nodeEntries(node: string, signal: AbortSignal | undefined): Promise<RootEntry[]> {
  const step = { code: 'IMAGE_FAILED', nextStep: `check that ${node} runs on this system`, signal } as const;
  const libraries =
    (await runCommand((await findProgram('ldd')) ?? 'ldd', [node], step)).toString('utf8').match(/\/\S+(?=\s\(0x)/g) ??
    [];
  return [
    { kind: 'copy', from: node, to: '/usr/bin/node' },
    ...libraries.map((path): RootEntry => ({ kind: 'copy', from: path, to: path })),
  ];
}

async function place(entry: RootEntry, staging: string): Promise<void> {
  const to = join(staging, entry.to);
  if (relative(staging, to).startsWith('..'))
    throw new VmError('IMAGE_FAILED', `${entry.to} leaves the root; give an absolute path inside the guest`);
  await mkdir(dirname(to), { recursive: true });
  if (entry.kind === 'link') {
    await rm(to, { force: true });
    await symlink(entry.target, to);
  } else if (entry.kind === 'file') {
    await writeFile(to, entry.content);
    await chmod(to, entry.mode ?? 0o644);
  } else {
    await copy(entry, to);
  }
}

/** A file is followed when it is a link itself (libraries); links inside a folder stay links. */
async function copy(entry: Extract<RootEntry, { kind: 'copy' }>, to: string): Promise<void> {
  const { from, filter } = entry;
  const isFolder = (await lstat(from).catch(missing(from))).isDirectory();
  await cp(from, to, {
    recursive: true,
    dereference: !isFolder,
    verbatimSymlinks: isFolder,
    ...(filter === undefined ? {} : { filter: (source: string) => source === from || filter(relative(from, source)) }),
  });
}

const missing =
  (path: string) =>
  (cause: unknown): never => {
    throw new VmError('IMAGE_FAILED', `${path} cannot be read; name a file or folder that exists`, { cause });
  };

async function makeImage(staging: string, image: string, signal: AbortSignal | undefined): Promise<void> {
  const { files, blocks } = await measure(staging);
  const sizeKiB = Math.ceil(blocks * 1.05 + files / 8 + 4096) * (blockBytes / 1024);
  const mke2fs = (await findProgram('mke2fs')) ?? 'mke2fs';
  await rm(image, { force: true });
  const args = [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-b',
    String(blockBytes),
    '-O',
    '^has_journal',
    '-m',
    '0',
    '-N',
    String(files + 64),
    '-E',
    'root_owner=0:0',
    '-d',
    staging,
  ];
  await runCommand(mke2fs, [...args, image, `${sizeKiB}k`], {
    code: 'IMAGE_FAILED',
    nextStep: 'check the free space on the disk',
    signal,
  });
}

async function measure(folder: string): Promise<{ files: number; blocks: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let blocks = 0;
  for (const entry of entries) {
    const size = entry.isFile() ? (await lstat(join(entry.parentPath, entry.name))).size : 0;
    blocks += Math.max(1, Math.ceil(size / blockBytes));
  }
  return { files: entries.length, blocks };
}

/** Makes an empty ext4 file system for `/state`. */
export async function makeStateImage(image: string, signal: AbortSignal | undefined): Promise<void> {
  const mke2fs = (await findProgram('mke2fs')) ?? 'mke2fs';
  await runCommand(mke2fs, ['-q', '-F', '-t', 'ext4', '-E', 'root_owner=0:0', image, '32768k'], {
    code: 'IMAGE_FAILED',
    nextStep: 'check the free space on the disk',
    signal,
  });
}

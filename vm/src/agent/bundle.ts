import { realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RootEntry } from '@klpkit/vm';
import { build } from 'esbuild';
import { repositoryFolder } from '../folders.ts';

const kernelPackage = join(repositoryFolder, 'packages', 'kernel');

/** Where the agent's program lies in the machine. */
export const guestProgram = '/app/agent.js';

/**
 * The agent as a service would ship it: one file, its inserter another one beside it, and koffi. Under QEMU's interpreter Node takes a minute to
 * find and strip some hundred source files, and seconds to read these.
 */
export async function bundledAgent(): Promise<readonly RootEntry[]> {
  const koffi = dirname(createRequire(join(kernelPackage, 'package.json')).resolve('koffi'));
  const native = await realpath(join(koffi, '..', '@koromix', 'koffi-linux-x64'));
  return [
    { kind: 'file', to: '/app/package.json', content: '{"type":"module"}' },
    { kind: 'file', to: guestProgram, content: await bundle(fileURLToPath(new URL('guest-main.ts', import.meta.url))) },
    {
      kind: 'file',
      to: '/app/inserter-main.js',
      content: await bundle(join(kernelPackage, 'src', 'inserter-main.ts')),
    },
    { kind: 'copy', from: koffi, to: '/app/node_modules/koffi' },
    { kind: 'copy', from: native, to: '/app/node_modules/@koromix/koffi-linux-x64' },
  ];
}

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    conditions: ['@klpkit/source'],
    external: ['koffi'],
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return file.contents;
}

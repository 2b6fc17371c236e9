import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Message } from 'esbuild';
import type { RunsOn } from '../graph/package-table.ts';

/** What one entry of a package costs a program that uses all of it. */
export interface BundleSize {
  readonly minifiedBytes: number;
  readonly gzippedBytes: number;
}

export type Bundled =
  | { readonly ok: true; readonly size: BundleSize }
  | { readonly ok: false; readonly errors: readonly string[] };

const tell = ({ text, location }: Message): string =>
  location === null ? text : `${location.file}:${location.line}: ${text}`;

/**
 * Bundles an entry with all of its dependencies from the sources. For `any` it is bundled as for a browser, where a Node built-in cannot be
 * resolved: so a dependency that needs Node is found too. Native packages stay outside.
 */
export async function bundle(root: string, entry: string, runsOn: RunsOn): Promise<Bundled> {
  try {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: [join(root, entry)],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      target: 'es2024',
      platform: runsOn === 'any' ? 'browser' : 'node',
      conditions: ['@klpkit/source'],
      external: ['koffi', '*.node'],
      logLevel: 'silent',
    });
    const bytes = outputFiles[0]?.contents ?? new Uint8Array();
    return { ok: true, size: { minifiedBytes: bytes.length, gzippedBytes: gzipSync(bytes, { level: 9 }).length } };
  } catch (error) {
    const { errors = [] } = error as { errors?: Message[] };
    if (errors.length === 0) throw error;
    return { ok: false, errors: errors.map(tell) };
  }
}

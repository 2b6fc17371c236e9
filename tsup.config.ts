import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

// Runs in a package's folder. Entries are what its `exports` name, so the two cannot drift apart; declarations are tsc's.
interface Manifest {
  exports: Record<string, unknown>;
  imports?: Record<string, unknown>;
  bin?: Record<string, string>;
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const sources = (value: unknown): string[] => {
  if (typeof value === 'string') return value.startsWith('./src/') ? [value.slice(2)] : [];
  return Object.values(value as Record<string, unknown>).flatMap(sources);
};

export default defineConfig({
  entry: [
    ...new Set([...sources(manifest.exports), ...sources(manifest.imports ?? {}), ...sources(manifest.bin ?? {})]),
  ],
  // A package's own imports (`#…`) depend on who runs it, so they stay and are resolved then.
  external: [/^#/],
  format: 'esm',
  target: 'es2024',
  platform: 'neutral',
  splitting: true, // one copy of a module over all entries: proofs are kept in module-private sets
  sourcemap: true,
  dts: false,
  clean: false,
});

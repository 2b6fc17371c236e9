import { cp } from 'node:fs/promises';
import { defineConfig } from 'tsup';

// One program out of the server and the packages of this repository, for whoever runs it: it starts faster and needs 25 MiB less than with
// types that Node strips. What comes from npm stays outside. The folder is as deep below the package as the sources are, since files are
// found from there.
export default defineConfig({
  entry: ['src/main.ts', 'src/index.ts'],
  outDir: 'dist/program',
  noExternal: [/^@klpkit\//, 'klpkit'],
  esbuildOptions: (options) => {
    options.conditions = ['@klpkit/source'];
  },
  format: 'esm',
  target: 'node24',
  platform: 'node',
  splitting: true,
  sourcemap: true,
  clean: true,
  onSuccess: () => cp('src/database/migrations', 'dist/program/migrations', { recursive: true }),
});

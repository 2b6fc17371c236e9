import type { Check } from '../check.ts';
import { executePnpm } from '../execute-pnpm.ts';

/** `pnpm build`: types of the whole workspace, tests included, then declarations and JavaScript of the published packages, which later checks pack. */
export const build: Check = {
  name: 'types and build',
  async run({ root, signal }) {
    const { exitCode, output } = await executePnpm(['run', 'build'], { cwd: root, signal });
    if (exitCode === 0) return [];
    return [{ where: 'pnpm build', message: output.trim(), next: '`tsc -b <folder>` checks the types of one package' }];
  },
};

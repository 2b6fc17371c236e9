import { join } from 'node:path';
import type { Check, Finding } from '../check.ts';
import { execute } from '../execute.ts';
import type { PackPackages } from '../pack/pack-packages.ts';

/** "Are the types wrong?" on each tarball, for consumers that use ES modules; `require(esm)` serves the others. */
export function attw(pack: PackPackages): Check {
  return {
    name: 'pack: attw',
    async run(context) {
      const tarballs = await pack(context);
      if (tarballs.length === 0) return [{ where: 'packages/', message: 'nothing was packed' }];
      const { root, signal } = context;
      const bin = join(root, 'node_modules/.bin/attw');
      const findings: Finding[] = [];
      for (const { file, folder } of tarballs) {
        const args = [file, '--profile', 'esm-only', '--format', 'table-flipped', '--no-color', '--no-emoji'];
        const { exitCode, output } = await execute(bin, args, { cwd: root, signal });
        if (exitCode !== 0) findings.push({ where: folder, message: output.trim() });
      }
      return findings;
    },
  };
}

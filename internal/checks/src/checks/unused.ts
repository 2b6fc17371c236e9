import type { Check } from '../check.ts';
import { runTool } from '../tool.ts';

/** knip: files that nothing reaches, exports that nothing imports, dependencies that are not declared or not used. */
export const unused: Check = {
  name: 'unused files, exports and dependencies',
  run: (context) =>
    runTool(
      {
        bin: 'knip',
        args: ['--no-progress', '--no-config-hints'],
        next: 'delete what is unused, or declare what is used; entries are in knip.json',
      },
      context,
    ),
};

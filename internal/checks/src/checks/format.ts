import type { Check } from '../check.ts';
import { runTool } from '../tool.ts';

/** biome's formatter, nothing else of it. */
export const format: Check = {
  name: 'format',
  run: (context) => runTool({ bin: 'biome', args: ['format', '.'], next: 'run `npx -y pnpm@12.21.0 format`' }, context),
};

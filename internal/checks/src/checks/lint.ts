import type { Check } from '../check.ts';
import { runTool } from '../tool.ts';

/** oxlint with type information. A warning is a failure: what need not be heeded is switched off in .oxlintrc.json instead. */
export const lint: Check = {
  name: 'lint',
  run: (context) =>
    runTool(
      {
        bin: 'oxlint',
        args: ['--type-aware', '--deny-warnings', '--format=unix', '.'],
        next: 'correct the code, not the rule; `oxlint --type-aware <folder>` checks one package',
      },
      context,
    ),
};

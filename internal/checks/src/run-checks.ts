import type { Check, CheckContext, Finding } from './check.ts';

/** What a run prints to: one line a call. */
export type Print = (line: string) => void;

function describe(finding: Finding): string {
  const next = finding.next === undefined ? '' : `\n    next step: ${finding.next}`;
  return `    ${finding.where}: ${finding.message.replaceAll('\n', '\n    ')}${next}`;
}

async function findingsOf(check: Check, context: CheckContext): Promise<Finding[]> {
  try {
    return await check.run(context);
  } catch (error) {
    context.signal?.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    return [{ where: check.name, message: `the check itself broke off: ${message}` }];
  }
}

/** Runs all checks one after the other, prints a line each with its time, and returns the names of those that failed. */
export async function runChecks(checks: readonly Check[], context: CheckContext, print: Print): Promise<string[]> {
  const failed: string[] = [];
  for (const check of checks) {
    context.signal?.throwIfAborted();
    const start = performance.now();
    const findings = await findingsOf(check, context);
    const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
    print(`${findings.length === 0 ? 'ok  ' : 'FAIL'} ${seconds} s  ${check.name}`);
    for (const finding of findings) print(describe(finding));
    if (findings.length > 0) failed.push(check.name);
  }
  return failed;
}

import { type KernelError, isKernelError } from '@klpkit/kernel';
import { CliError, describeError } from './cli-error.ts';
import type { Session } from './command.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

/**
 * Runs what the kernel, or the verifier, may refuse: a refusal is an answer (exit 1) with errno and the kernel's own line where
 * there is one. Wrong use and unreadable files stay what they are.
 */
export async function withRefusals(session: Session, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError || isKernelError(error, 'INVALID_ARGUMENT')) throw error;
    const known = describeError(error);
    if (known === undefined) throw error;
    return refuse(session, { ...known, ...(isKernelError(error) ? detailsOf(error) : {}) });
  }
}

/** An answer that says no. */
export function refuse(session: Session, no: { readonly code: string; readonly message: string }): ExitCode {
  if (session.json) session.answer({ ok: false, ...no }, '');
  else session.note(`klpkit: ${no.message} [${no.code}]`);
  return exitCode.no;
}

function detailsOf({ errno, kernelLine }: KernelError): { errno?: string; kernelLine?: string } {
  return { ...(errno === undefined ? {} : { errno }), ...(kernelLine === undefined ? {} : { kernelLine }) };
}

import { pingLine } from '@klpkit/pings';
import type { Failure } from './state.ts';

/**
 * An error of a package or of the system as a {@link Failure}. One without a code is a mistake in the program and passes through: nobody may
 * take it for an answer. The kernel's line is redacted, as it goes into a ping.
 */
export function failureOf(error: unknown, hostNames: readonly string[] = []): Failure {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  const { errno, kernelLine } = error as { errno?: unknown; kernelLine?: unknown };
  return {
    code: error.code,
    message: error.message,
    ...(typeof errno === 'string' ? { errno } : {}),
    ...(typeof kernelLine === 'string' ? { kernelLine: pingLine(kernelLine, { hostNames }) } : {}),
  };
}

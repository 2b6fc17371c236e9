import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPipeline } from './pipeline.ts';
import { PipelineStopped } from './steps.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));

const startedAt = performance.now();
const folder = await mkdtemp(join(tmpdir(), 'klpkit-pipeline-'));
await chmod(folder, 0o711); // as root the server's database runs under another uid and has to pass through
try {
  await runPipeline({ folder, say, signal: stop.signal });
  say(`\nFrom the record to a patched machine in ${Math.round((performance.now() - startedAt) / 1000)} s.`);
} catch (error) {
  process.exitCode = stop.signal.aborted ? 130 : 1;
  // What has a code has a sentence with the next step; all else is a mistake in the example.
  const isTold = stop.signal.aborted || error instanceof PipelineStopped || (error instanceof Error && 'code' in error);
  if (!isTold) throw error;
  say(`\nStopped: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

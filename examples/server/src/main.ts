import { once } from 'node:events';
import { configFromEnvironment, usage } from './command-line.ts';
import { isServerError } from './errors.ts';
import { startServer } from './server.ts';

/** Ends of the process: wrong use, as sysexits.h has it, and what keeps the server from starting. */
const exitCodes = { usage: 64, failed: 1 };

async function main(): Promise<void> {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(usage);
    return;
  }
  const stopping = new AbortController();
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  void stopped.finally(() => stopping.abort(new Error('stopped by a signal')));
  const config = await configFromEnvironment(process.env, process.argv.slice(2));
  const server = await startServer(config, { signal: stopping.signal });
  // On a terminal or in the journal once, never in the log: there it would stay.
  if (server.adminToken !== null && config.adminToken === undefined) {
    process.stderr.write(
      `\nThe first administrator's token, shown this once:\n\n  ${server.adminToken}\n\nClients trust this authority:\n\n${server.certificate}\n`,
    );
  }
  await stopped;
  await server.close();
}

try {
  await main();
} catch (error) {
  const message = isServerError(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = isServerError(error, 'CONFIG_INVALID') ? exitCodes.usage : exitCodes.failed;
}

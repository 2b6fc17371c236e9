// The server, in a process of its own, with its embedded database in a folder that is given. Says where it is in one line of JSON.
import { startServer } from '@klpkit-examples/server';

const config = JSON.parse(process.argv[2] ?? '{}') as Parameters<typeof startServer>[0];
const server = await startServer({
  logLevel: 'error',
  port: 0,
  ...config,
  limits: { requestsPerMinute: null, maxWaitingPings: 200_000, ...config.limits },
});
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.stdout.write(
  `${JSON.stringify({ url: server.url, certificate: server.certificate, token: server.adminToken })}\n`,
);

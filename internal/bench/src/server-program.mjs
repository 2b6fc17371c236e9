// The built server, in a process of its own, with its embedded database in a folder that is given. Says where it is in one line of JSON.
// JavaScript, since Node's own stripping of types would add 25 MiB to what is measured.
import { startServer } from '../../../examples/server/dist/program/index.js';

const config = JSON.parse(process.argv[2] ?? '{}');
const server = await startServer({
  logLevel: 'error',
  port: 0,
  ...config,
  limits: { requestsPerMinute: null, connectionsPerMinute: null, maxWaitingPings: 200_000, ...config.limits },
});
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.stdout.write(
  `${JSON.stringify({ url: server.url, certificate: server.certificate, token: server.adminToken })}\n`,
);

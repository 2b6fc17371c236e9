// A whole server in a process of its own, so that a test can kill it. Its configuration comes as JSON, its address goes out as a line.
import { startServer } from '../server.ts';
import type { ServerConfig } from '../config.ts';

const server = await startServer({ ...(JSON.parse(process.argv[2] ?? '{}') as ServerConfig), logLevel: 'silent' });
process.stdout.write(`${JSON.stringify({ url: server.url, certificate: server.certificate })}\n`);

// What the server is measured against: fastify over the same TLS, which parses the same body, drops it and answers as much.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify from 'fastify';

const { secrets } = JSON.parse(process.argv[2] ?? '{}') as { secrets: string };
const [cert, key] = ['server.crt', 'server.key'].map((name) => readFileSync(join(secrets, name)));
const app = Fastify({ https: { cert: cert ?? '', key: key ?? '', minVersion: 'TLSv1.2' }, bodyLimit: 4 * 1024 * 1024 });
app.post('/v1/pings', async () => ({ accepted: 1, duplicates: 0, refused: [] }));
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ url })}\n`);

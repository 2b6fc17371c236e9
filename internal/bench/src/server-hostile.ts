import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforePing } from './server-bench.ts';

/** The kinds that are refused or count nothing. */
export const hostileKinds = [
  'an invented token',
  'no JSON',
  'an unknown field',
  'SQL',
  'markup',
  'a body that unpacks',
  'a body that is too large',
  'a ping that was sent before',
] as const;

/** What is sent. The last is what the others are compared with. */
export type HostileKind = (typeof hostileKinds)[number] | 'a good ping';

/** One request. */
export interface HostileRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

const bomb = gzipSync(Buffer.alloc(10_000_000));

/** Makes the requests of a kind, one after the other. */
export function requestsOf(kind: HostileKind, release: string): () => HostileRequest {
  const json = { 'content-type': 'application/json' };
  const post = { path: '/v1/pings', method: 'POST', headers: json };
  const ping = (change: object = {}): HostileRequest => ({
    ...post,
    body: JSON.stringify({ pings: [{ ...beforePing(release), ...change }] }),
  });
  const same = (hostile: HostileRequest) => (): HostileRequest => hostile;
  const token = `Bearer klp_${randomBytes(32).toString('base64url')}`;
  const makers: Record<HostileKind, () => HostileRequest> = {
    'an invented token': same({ path: '/v1/admin/tokens', method: 'GET', headers: { authorization: token }, body: '' }),
    'no JSON': same({ ...post, body: '{"pings":[' }),
    'an unknown field': same(ping({ hostname: 'web-1' })),
    SQL: same(ping({ tier: "x'; drop table pings; --" })),
    markup: same(ping({ release: '<script>alert(1)</script>' })),
    'a body that unpacks': same({ ...post, headers: { ...json, 'content-encoding': 'gzip' }, body: bomb }),
    'a body that is too large': same({ ...post, headers: { ...json, 'content-length': '900000000' }, body: '' }),
    'a ping that was sent before': same(ping()),
    'a good ping': () => ping(),
  };
  return makers[kind];
}

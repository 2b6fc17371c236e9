import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configFromEnvironment } from './command-line.ts';
import type { ServerConfig } from './config.ts';
import { resolveConfig } from './resolve-config.ts';
import { startServer } from './server.ts';

const least: ServerConfig = { stateDir: '/nowhere', trustCertificates: ['-----BEGIN CERTIFICATE-----'] };

describe('the configuration', () => {
  it('needs two fields and fills in the rest', () => {
    expect(resolveConfig(least)).toMatchObject({
      host: '127.0.0.1',
      port: 8443,
      pingAuth: 'none',
      gate: { answerWindowMs: 1_800_000, blockFrom: 'block', blockAction: 'no-apply' },
      tls: { lifetimeMs: 90 * 86_400_000 },
    });
  });

  it.each([
    ['no certificate', { trustCertificates: [] }, 'trustCertificates'],
    ['a port that is none', { port: 70_000 }, 'port'],
    ['a field that is not known', { prot: 1 }, 'prot'],
    ['a rate out of range', { gate: { policy: { p0: 0.5, pBad: 0.1, alpha: 0.01, beta: 0.05 } } }, 'gate.policy.p0'],
    ['a name that is none', { tls: { names: ['a b'] } }, 'tls.names.0'],
    ['a plan without an end', { plan: { tiers: [] } }, 'plan'],
    ['root for the database', { postgresUid: 0 }, 'postgresUid'],
    ['a weak token', { adminToken: 'secret' }, 'adminToken'],
    ['another database', { databaseUrl: 'mysql://localhost' }, 'databaseUrl'],
  ])('refuses %s and says where', (_what, change, where) => {
    const config = { ...least, ...change } as ServerConfig;
    expect(() => resolveConfig(config)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(where) }),
    );
  });

  it('does not repeat a secret in what it says', () => {
    expect(() => resolveConfig({ ...least, adminToken: 'hunter2 hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('starts nothing with a certificate that cannot be read', async () => {
    await expect(startServer({ ...least, logLevel: 'silent' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('PEM or DER'),
    });
  });

  it('stops before it begins when told to', async () => {
    const reason = new Error('not now');
    await expect(startServer(least, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('the command line', () => {
  it('takes flags before the environment, and both before the file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'klpkit-config-'));
    try {
      await writeFile(join(folder, 'cert.der'), Uint8Array.of(0x30, 0));
      await writeFile(
        join(folder, 'config.json'),
        JSON.stringify({ port: 1, host: '::1', gate: { autoAdvance: false }, tls: { names: ['a'] } }),
      );
      const env = {
        KLPKIT_STATE_DIR: '/env',
        KLPKIT_PORT: '2',
        KLPKIT_TRUST: join(folder, 'cert.der'),
        DATABASE_URL: 'postgres://x',
      };
      const config = await configFromEnvironment(env, [
        '--config',
        join(folder, 'config.json'),
        '--port',
        '3',
        '--names',
        'b,c',
      ]);
      expect(config).toEqual({
        stateDir: '/env',
        port: 3,
        host: '::1',
        databaseUrl: 'postgres://x',
        gate: { autoAdvance: false },
        tls: { names: ['a', 'b', 'c'] },
        trustCertificates: [Uint8Array.of(0x30, 0)],
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['an unknown flag', ['--prot', '1']],
    ['a file that is not there', ['--config', '/nowhere/config.json']],
    ['a certificate that is not there', ['--trust', '/nowhere/cert.pem']],
  ])('refuses %s', async (_what, args) => {
    await expect(configFromEnvironment({}, args)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('does not take words for numbers', async () => {
    const config = await configFromEnvironment({}, ['--port', '80a', '--state-dir', '/x']);
    expect(() => resolveConfig({ ...config, trustCertificates: ['x'] })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('port') }),
    );
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '@klpkit-examples/server';
import { testAuthority } from '@klpkit-internal/testkit';
import { expect, it } from 'vitest';
import { openOperator } from './operator.ts';

it('asks a server over TLS with its token', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'klpkit-operator-'));
  try {
    const trustCertificates = [testAuthority('p-256').certificate];
    const server = await startServer({ stateDir, port: 0, trustCertificates, logLevel: 'silent' });
    const at = { url: server.url, ca: server.certificate };
    const operator = openOperator({ ...at, token: server.adminToken ?? '' });
    const stranger = openOperator({ ...at, token: 'klp_invented' });
    const elsewhere = openOperator({ ...at, ca: testAuthority('p-256').certificate, token: '' });
    try {
      expect(await operator.report('lp-1')).toBeNull();
      await expect(stranger.report('lp-1')).rejects.toThrow('401');
      await expect(elsewhere.report('lp-1')).rejects.toMatchObject({ code: 'CERTIFICATE_REJECTED' });
    } finally {
      for (const { close } of [operator, stranger, elsewhere]) close();
      await server.close();
    }
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
});

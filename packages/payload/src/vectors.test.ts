import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vectorsDir } from '@klpkit-internal/testkit';
import { expect, test } from 'vitest';
import { parseTrust, verifyModule } from './index.ts';

interface Case {
  readonly file: string;
  readonly sha256: string;
  readonly ok: boolean;
  readonly algorithm?: string;
  readonly code?: string;
}

const folder = vectorsDir('module-signature');
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
const { cases, maxBytes } = JSON.parse(new TextDecoder().decode(read('cases.json'))) as {
  cases: Case[];
  maxBytes: number;
};
const trust = await parseTrust({ certificates: [read('trusted.pem')], revoked: [read('revoked.pem')] });

test.each(cases)('$file', async ({ file, sha256, ok, algorithm, code }) => {
  const bytes = read(file);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  const verified = verifyModule(bytes, { trust, sha256, maxBytes });
  if (ok) expect(await verified).toMatchObject({ algorithm, sha256 });
  else await expect(verified).rejects.toMatchObject({ name: 'VerifyError', code });
});

test('every file is a case', () => {
  const files = ['accepted', 'refused'].flatMap((area) =>
    readdirSync(join(folder, area)).map((name) => `${area}/${name}`),
  );
  expect(files.toSorted()).toEqual(cases.map((one) => one.file).toSorted());
});

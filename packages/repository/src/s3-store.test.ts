import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { type TempFolder, tempFolder } from '@klpkit-internal/testkit';
// @ts-expect-error: the test server has no types of its own
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, openPublisher, refresh } from './index.ts';
import { oneKeyEach } from './repository.fixture.ts';
import { createS3Store } from './s3.ts';
import { storeCompliance } from './store-compliance.fixture.ts';

interface Server {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
type ServerClass = new (options: object) => Server;

let temp: TempFolder;
let server: Server;
let client: S3Client;

beforeAll(async () => {
  temp = await tempFolder();
  const options = {
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: temp.path,
    configureBuckets: [{ name: 'klp' }],
  };
  server = new (S3rver as ServerClass)(options);
  const { port } = await server.run();
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  client = new S3Client({
    region: 'local',
    endpoint: `http://127.0.0.1:${port}`,
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await server.close();
  await temp[Symbol.asyncDispose]();
});

const store = () => createS3Store({ client, bucket: 'klp', prefix: `${randomUUID()}/` });

describe('a bucket', () => {
  storeCompliance(store);

  test('holds a whole repository', async () => {
    const { keys, signers } = oneKeyEach();
    const bucket = store();
    await createRepository(bucket, { keys, signers: Object.values(signers) });
    const { versions } = await refresh(await openPublisher(bucket, { signers: Object.values(signers) }));
    expect(versions).toMatchObject({ root: 1, snapshot: 2, timestamp: 2 });
  });

  test('that does not exist is an error of the store', async () => {
    const nowhere = createS3Store({ client, bucket: 'nowhere' });
    await expect(nowhere.put('a', new Uint8Array([1]))).rejects.toMatchObject({ code: 'IO' });
  });
});

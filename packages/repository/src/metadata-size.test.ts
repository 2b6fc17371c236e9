import { type TempFolder, tempFolder } from '@klpkit-internal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderMirror, type Mirror } from './index.ts';
import { writeReleases, writeRollouts } from './kernel-index.ts';
import { publish } from './publisher.ts';
import { type Fixture, makeFixture } from './repository.fixture.ts';

let temp: TempFolder;
let fixture: Fixture;
beforeEach(async () => {
  temp = await tempFolder();
  fixture = await makeFixture(temp);
});
afterEach(() => temp[Symbol.asyncDispose]());

/** Counts what a mirror hands over. */
function counting(): { readonly mirror: Mirror; readonly bytes: () => number } {
  const honest = folderMirror(fixture.folder);
  let bytes = 0;
  async function* count(body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  const open: Mirror['open'] = async (path, options) => {
    const body = await honest.open(path, options);
    return body === undefined ? undefined : count(body);
  };
  return { mirror: { name: 'counting', open }, bytes: () => bytes };
}

test('a client on one kernel reads under 64 KiB of a repository with 10,000 releases over 2,000 kernels', async () => {
  await publish(await fixture.publisher(), async (transaction) => {
    for (let n = 0; n < 2000; n += 1) {
      const name = { kernel: `6.1.0-${n}-cloud-amd64`, arch: 'x86_64' };
      const releases = Array.from({ length: 5 }, (_, version) => ({
        ...name,
        name: `cve-2026-${10_000 + n}`,
        version: `${version + 1}`,
        reroll: 0,
        sha256: 'ab'.repeat(32),
        size: 20_480,
        fixes: [`CVE-2026-${10_000 + n}`, `CVE-2026-${20_000 + version}`],
        endOfLife: null,
        evidence: null,
      }));
      await writeReleases(transaction, { type: 'releases', spec: 1, ...name, releases, endOfLife: null });
      const tiers = [
        { tier: 'updates', microPercent: 10_000_000 },
        { tier: 'stable', microPercent: 0 },
      ];
      const rollouts = releases.map(({ name: patch, version }) => ({
        release: `${patch}-${version}`,
        paused: false,
        tiers,
      }));
      await writeRollouts(transaction, { type: 'rollouts', spec: 1, ...name, rollouts });
    }
    return {};
  });
  const { mirror, bytes } = counting();
  const view = await fixture.machine('m', [mirror]).view({ kernel: '6.1.0-1234-cloud-amd64', arch: 'x86_64' });
  expect(view.releases).toHaveLength(5);
  expect(view.rollouts).toHaveLength(5);
  expect(bytes()).toBeLessThan(65_536);
}, 120_000);

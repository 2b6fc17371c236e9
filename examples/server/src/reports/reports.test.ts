import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, publishFleet } from '../testing/dashboard/fleet.ts';
import { documentOf, type Harness, startHarness, until } from '../testing/harness.ts';
import { queueMetricNames } from '../queue/queue-metrics.ts';
import { toCsv } from './csv.ts';
import { openVexSchema } from './openvex-schema.fixture.ts';

const run = promisify(execFile);
const examples = fileURLToPath(new URL('../../../', import.meta.url));
/** Whether a program is there; what needs it is left out with a word otherwise. */
const has = (program: string, flag = '--version'): Promise<boolean> =>
  run(program, [flag]).then(
    () => true,
    () => false,
  );
const hasPython = await has('python3');
const hasPromtool = await has('promtool');

interface OpenVex {
  readonly statements: readonly { readonly products: readonly { readonly '@id': string }[] }[];
}

interface OpenApi {
  readonly paths: Record<string, { get?: { responses: Record<number, { content: object }>; security: unknown } }>;
}

let harness: Harness;
let lp: Fleet;
beforeAll(async () => {
  harness = await startHarness({ gate: { blockFrom: 'never', intervalMs: 50 } });
  lp = await publishFleet(harness, { name: 'lp', kernel: '6.1.0-56-amd64', fixes: ['CVE-2026-1001', 'CVE-2026-1002'] });
  await lp.report(lp.good(6), lp.bad(2), lp.silent(1), lp.check(3, { reason: 'not-in-phase' }));
  await until(async () => (await lp.view()).evidence.n === 9);
}, 120_000);
afterAll(() => harness.close());
const ask = (path: string) => harness.ask('GET', path, { token: harness.token });

describe('the coverage report', () => {
  it('says how far every release has come in every tier, as JSON and as CSV', async () => {
    const row = {
      tier: 'internal',
      release: 'lp-1',
      sharePercent: 100,
      began: 9,
      good: 6,
      failed: 2,
      silent: 0,
      open: 1,
      failurePercent: 22.22,
    };
    expect((await ask('/v1/reports/coverage')).json.rows).toMatchObject([
      { ...row, fixes: 'CVE-2026-1001 CVE-2026-1002' },
    ]);
    const csv = await ask('/v1/reports/coverage?format=csv&tier=internal');
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="coverage.csv"',
    });
    const [header, first] = csv.bytes.toString().split('\r\n');
    expect(header).toBe(
      'tier,release,kernel,arch,fixes,published,status,sharePercent,began,good,failed,silent,left,open,failurePercent',
    );
    expect(first).toMatch(
      /^internal,lp-1,6\.1\.0-56-amd64,x86_64,CVE-2026-1001 CVE-2026-1002,\d{4}-[^,]+,running,100,9,6,2,0,0,1,22\.22$/,
    );
    expect((await ask('/v1/reports/coverage?tier=stable')).json.rows).toEqual([]);
  });

  it('is for those who may read', async () => {
    for (const path of ['coverage', 'patch-health', 'openvex/lp-1'])
      expect((await harness.ask('GET', `/v1/reports/${path}`)).status).toBe(401);
    expect((await ask('/v1/reports/coverage?format=xml')).status).toBe(400);
  });
});

describe('the patch-health report', () => {
  it('counts outcomes, pings, failures and checks, one a row', async () => {
    const report = await ask('/v1/reports/patch-health?release=lp-1&tier=internal');
    const { rows } = documentOf(report) as { rows: { what: string; detail: string; count: number }[] };
    const of = (what: string, detail = ''): number | undefined =>
      rows.find((row) => row.what === what && row.detail === detail)?.count;
    expect([of('began'), of('good'), of('failed'), of('silent')]).toEqual([9, 6, 2, 0]);
    expect([of('ping', 'before'), of('ping', 'error'), of('check', 'held: not-in-phase')]).toEqual([9, 2, 3]);
    expect(of('failure', 'health: KERNEL_FAULT: BUG: unable to handle page fault in nft_chain_validate [lp]')).toBe(2);
  });

  it('keeps a formula that somebody sent as text', async () => {
    const incidents = [{ kind: 'fault', title: '=HYPERLINK("https://example.org","x")', attribution: 'none' }];
    await lp.report(lp.bad(1, { phase: 'health', code: 'KERNEL_FAULT', incidents }));
    const text = (await ask('/v1/reports/patch-health?format=csv')).bytes.toString();
    expect(text).toContain('health: KERNEL_FAULT: =HYPERLINK(');
    expect(text).not.toMatch(/(^|,)"?=/m);
  });
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1'])(
  'a field that begins with %j is no formula in CSV',
  (field) => {
    const [, row] = toCsv([{ field }], ['field']).split('\r\n');
    expect(row).toMatch(/^"?'/);
  },
);

describe('the OpenVEX document', () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const isValid = ajv.compile(openVexSchema);

  it('says which CVEs the kernel is rid of, as the schema wants it, the same every time', async () => {
    const answer = await ask('/v1/reports/openvex/lp-1');
    const json = documentOf(answer) as OpenVex;
    expect([isValid(json), isValid.errors]).toEqual([true, null]);
    expect(json).toMatchObject({ '@context': 'https://openvex.dev/ns/v0.2.0', version: 1 });
    expect(json.statements).toMatchObject([
      {
        vulnerability: { name: 'CVE-2026-1001' },
        status: 'fixed',
        products: [{ '@id': 'pkg:generic/linux@6.1.0-56-amd64?arch=x86_64' }],
      },
      { vulnerability: { name: 'CVE-2026-1002' }, status: 'fixed' },
    ]);
    expect((await ask('/v1/reports/openvex/lp-1')).bytes).toEqual(answer.bytes);
  });

  it('names the kernel as the scanner knows it', async () => {
    const purl = 'pkg:deb/debian/linux-image-6.1.0-56-amd64@6.1.190-1?arch=amd64';
    const json = documentOf(await ask(`/v1/reports/openvex/lp-1?product=${encodeURIComponent(purl)}`)) as OpenVex;
    expect([isValid(json), json.statements[0]?.products[0]?.['@id']]).toEqual([true, purl]);
    expect((await ask('/v1/reports/openvex/lp-1?product=linux')).status).toBe(400);
  });

  it('takes its word back when the patch is blocked, and gives it again when the block is lifted', async () => {
    const { sha256 } = await lp.view();
    const entry = { release: 'lp-1', action: 'no-apply', reason: 'looks-odd' };
    await harness.ask('POST', '/v1/admin/blocklist', { body: { entry } });
    const blocked = (await ask('/v1/reports/openvex/lp-1')).json;
    expect([isValid(blocked), isValid.errors]).toEqual([true, null]);
    expect(blocked).toMatchObject({ version: 2, statements: [{ status: 'affected' }, { status: 'affected' }] });
    await harness.ask('POST', '/v1/admin/blocklist/lift', { body: { release: 'lp-1', sha256, reason: 'was-fine' } });
    expect((await ask('/v1/reports/openvex/lp-1')).json).toMatchObject({
      version: 3,
      statements: [{ status: 'fixed' }, {}],
    });
  });

  it('is not made where there is nothing to state', async () => {
    await harness.publish({ name: 'none', kernel: '6.1.2-amd64' });
    expect((await ask('/v1/reports/openvex/none-1')).json).toMatchObject({ ok: false, code: 'NOT_FOUND' });
    expect((await ask('/v1/reports/openvex/nobody-1')).json).toMatchObject({ code: 'RELEASE_UNKNOWN' });
  });

  it('is held to a schema that refuses what it must', () => {
    expect(isValid({ statements: [] })).toBe(false);
  });
});

it('the reports are in the OpenAPI document, with their formats and their lock', async () => {
  const { paths } = documentOf(await harness.ask('GET', '/v1/openapi.json')) as OpenApi;
  for (const path of ['/v1/reports/coverage', '/v1/reports/patch-health']) {
    const { responses, security } = paths[path]!.get!;
    expect([path, Object.keys(responses[200]!.content), security]).toEqual([
      path,
      ['application/json', 'text/csv'],
      [{ bearer: [] }],
    ]);
  }
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/v1/reports/openvex/{key}', '/v1/dashboard/events']));
});

describe('what observability names', () => {
  const file = (name: string): Promise<string> => readFile(join(examples, 'server/observability', name), 'utf8');
  const namesIn = (text: string): Set<string> => new Set(text.match(/\b(?:klpkit|nodejs|process)_[a-z0-9_]+/g));
  /** Names of series: a histogram's have endings. */
  async function series(): Promise<Set<string>> {
    const { bytes } = await harness.ask('GET', '/metrics');
    return new Set(bytes.toString().match(/^[a-z_][a-z0-9_]*/gm));
  }

  it.each(['prometheus-alerts.yml', 'grafana-dashboard.json'])('is there on a running server: %s', async (name) => {
    const names = namesIn(await file(name));
    expect(names.size).toBeGreaterThan(5);
    // Those of the queue are there where there is NATS; its own tests compare them.
    expect([...names.difference(await series()).difference(new Set(queueMetricNames))]).toEqual([]);
  });

  it('is described, all of it and nothing else', async () => {
    const described = namesIn(await file('README.md'));
    const { bytes } = await harness.ask('GET', '/metrics');
    const ours = bytes.toString().match(/(?<=^# TYPE )klpkit_[a-z0-9_]+/gm) ?? [];
    expect([...described].filter((name) => name.startsWith('klpkit_')).toSorted()).toEqual(
      [...ours, ...queueMetricNames].toSorted(),
    );
  });

  it('is a dashboard whose panels do not lie on each other', async () => {
    const { panels } = JSON.parse(await file('grafana-dashboard.json')) as {
      panels: { id: number; gridPos: Record<'x' | 'y' | 'w' | 'h', number> }[];
    };
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it.skipIf(hasPromtool)('there is no promtool: the alert rules were not parsed', () => undefined);
  it.runIf(hasPromtool)('is rules that promtool takes, and that fire when they should', async () => {
    const options = { cwd: join(examples, 'server/observability') };
    const { stdout } = await run('promtool', ['check', 'rules', 'prometheus-alerts.yml'], options);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
    const tested = await run('promtool', ['test', 'rules', 'prometheus-alerts.test.yml'], options);
    expect(tested.stdout).toContain('SUCCESS');
  });
});

it.skipIf(hasPython)('there is no python3: the client in Python was not run', () => undefined);
describe.runIf(hasPython)('the client in Python', () => {
  async function send(...args: string[]) {
    const authority = join(harness.stateDir, 'authority.crt');
    await writeFile(authority, harness.server.certificate);
    const script = join(examples, 'client-python/send_ping.py');
    const env = { ...process.env, KLPKIT_KERNEL: lp.kernel };
    return run('python3', [script, harness.server.url, authority, ...args], { env });
  }

  it('sends a ping that is counted', async () => {
    const before = (await lp.view()).evidence.n;
    const { stdout } = await send('lp-1', 'internal');
    expect(JSON.parse(stdout)).toEqual({ accepted: 1, duplicates: 0, refused: [] });
    await until(async () => (await lp.view()).evidence.n === before + 1);
  });

  it('tells what the server says when it is refused', async () => {
    await expect(send('nobody-1', 'internal')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"RELEASE_UNKNOWN"'),
    });
  });
});

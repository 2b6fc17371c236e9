import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder, testAuthority } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import type { Memory } from '@klpkit/agent';
import { runProgram } from './program.ts';
import { makeTestMachine, type TestMachine } from './testing/machine.ts';
import { startTestServer } from './testing/server.ts';

/** Writes a configuration for this machine and server; gives its path. */
async function configure(folder: string, machine: TestMachine, server: { url: string; ca: string }): Promise<string> {
  const file = join(folder, 'client.json');
  await writeFile(join(folder, 'ca.pem'), server.ca);
  await writeFile(join(folder, 'signing.pem'), testAuthority().certificate);
  await writeFile(join(folder, 'machine-id'), '0102030405060708090a0b0c0d0e0f10\n');
  const config = {
    server: { url: server.url, ca: 'ca.pem' },
    tier: 'updates',
    appId: 'f03daaeb1c334b43a732172944bf772e',
    machineIdFile: 'machine-id',
    trust: ['signing.pem'],
    stateFolder: machine.stateFolder,
    schedule: {
      healthDelaysMs: [0, 20, 40, 80],
      transitionDeadlineMs: 20_000,
      transitionPollMs: 10,
      beforePingMs: 500,
      transitionPingMs: 1000,
      insertDeadlineMs: 1000,
      checkIntervalMs: 1000,
    },
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

async function run(args: string[], machine?: TestMachine) {
  const lines: string[] = [];
  const kernel = machine === undefined ? {} : { kernel: { root: machine.kernel.root, loader: machine.kernel.loader } };
  const code = await runProgram(args, { ...kernel, write: (line) => void lines.push(line) });
  return { code, text: lines.join('') };
}

describe('the program', () => {
  it('explains itself', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, text: expect.stringContaining('--once') });
    expect(await run([])).toMatchObject({ code: 2, text: expect.stringContaining('Usage:') });
    expect(await run(['--bogus'])).toMatchObject({ code: 2 });
  });

  it('ends with 2 where the configuration is not there', async () => {
    const { code, text } = await run(['--config', '/nonexistent/client.json', '--once']);
    expect(code).toBe(2);
    expect(text).toMatch(/\[CONFIG_INVALID\] .*ENOENT/);
  });

  it('runs one check to its end, and says where it stood in lines of JSON', async () => {
    await using folder = await tempFolder();
    await using machine = await makeTestMachine();
    await using server = await startTestServer();
    const config = await configure(folder.path, machine, server);
    const { code, text } = await run(['--config', config, '--once'], machine);
    expect(code).toBe(0);
    const states = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { state?: string }).state);
    expect(states).toContain('healthy');
    expect(machine.kernel.modules).toEqual(['klp_cve_2026_0001_1']);
    expect(server.requests).toContain('POST /v1/pings');
  });

  it('ends with 3 after a bug, and --clear forgets the suspicion', async () => {
    await using folder = await tempFolder();
    await using machine = await makeTestMachine({ kind: 'oopses', afterMs: 20 });
    await using server = await startTestServer();
    const config = await configure(folder.path, machine, server);
    expect((await run(['--config', config, '--once'], machine)).code).toBe(3);
    expect((await run(['--config', config, '--once'], machine)).code).toBe(1);
    expect((await run(['--config', config, '--clear'], machine)).code).toBe(0);
    const memory = JSON.parse(await readFile(join(machine.stateFolder, 'journal.json'), 'utf8')) as Memory;
    expect(memory.suspects).toEqual([]);
  });

  it('ends with 1, and a sentence, where the server is away', async () => {
    await using folder = await tempFolder();
    await using machine = await makeTestMachine();
    const config = await configure(folder.path, machine, {
      url: 'https://127.0.0.1:9',
      ca: testAuthority().certificate,
    });
    const { code, text } = await run(['--config', config, '--once'], machine);
    expect(code).toBe(1);
    expect(text).toContain('[SERVER_UNREACHABLE]');
  });

  it('stops at once, and well, when it is told to', async () => {
    await using folder = await tempFolder();
    await using machine = await makeTestMachine();
    await using server = await startTestServer();
    const config = await configure(folder.path, machine, server);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('SIGTERM')), 300);
    const { root, loader } = machine.kernel;
    const code = await runProgram(['--config', config], {
      kernel: { root, loader },
      write: () => undefined,
      signal: stop.signal,
    });
    expect(code).toBe(0);
  });

  it('refuses a journal that cannot be read, and inserts nothing', async () => {
    await using folder = await tempFolder();
    await using machine = await makeTestMachine();
    await using server = await startTestServer();
    const config = await configure(folder.path, machine, server);
    await run(['--config', config, '--once'], machine);
    await machine.kernel.reboot();
    await writeFile(join(machine.stateFolder, 'journal.json'), '{"spec":1,"open":nul');
    const { code, text } = await run(['--config', config, '--once'], machine);
    expect(code).toBe(1);
    expect(text).toContain('[STATE_UNUSABLE]');
    expect(machine.kernel.modules).toEqual([]);
  });
});

import { hostname, networkInterfaces, userInfo } from 'node:os';
import { nodeIdOf } from '@klpkit/rollout';
import { expect, it } from 'vitest';
import { createHttpsSource } from './https-source.ts';
import { makeTestMachine } from './test-machine.fixture.ts';
import { makeRelease } from './test-release.fixture.ts';
import { startTlsServer } from './tls-server.fixture.ts';

const machineId = '0102030405060708090a0b0c0d0e0f10';
const appId = 'f03daaeb1c334b43a732172944bf772e';

/** Names of a made-up machine, as its kernel would put them into a trace. */
const names = {
  host: 'web-17.payments.example.org',
  user: 'ada-lovelace',
  ipv4: '10.61.7.23',
  ipv6: 'fe80::1ff:fe23:4567:890a',
  mac: '52:54:00:12:34:56',
  uuid: '0d3c1c9e-7d3b-4f6e-9d0a-2f6f0f0c7a11',
};

/** Put together from pieces: the tree is searched for paths of somebody's machine. */
const home = ['', 'home', names.user].join('/');

it.each([
  ['a patch that oopses', { kind: 'oopses', afterMs: 30 }],
  ['a patch that goes well', { kind: 'applies', afterMs: 10 }],
  [
    'a patch that the kernel refuses',
    { kind: 'rejects', errno: 'ENOENT', kernelLine: `lp: ${names.host} ${names.ipv4}` },
  ],
  ['a patch that stalls', { kind: 'stalls', tasks: [{ comm: 'nfsd' }] }],
  ['a machine that goes down', { kind: 'panics', afterMs: 40 }],
] as const)('nothing that was sent names the machine: %s', async (_, course) => {
  const one = await makeRelease();
  await using machine = await makeTestMachine(course);
  await using server = await startTlsServer(one);
  const source = createHttpsSource({ url: server.url, ca: server.ca });
  const secrets = [machineId, appId, nodeIdOf(machineId, appId), machine.kernel.bootId, ...Object.values(names)];
  const options = {
    source,
    reporter: source,
    hostNames: [names.host, hostname()],
    identity: { machineId, appId, tier: 'updates' },
    policy: { control: true },
  };
  const agent = await machine.newAgent({
    ...options,
    onEvent: (event) => {
      if (event.kind !== 'effect' || event.effect.kind !== 'examine') return;
      machine.kernel.log(`BUG: unable to handle page fault for address: ffffc90000a3fd58 on ${names.host}`, 1);
      machine.kernel.log(`Oops: 0002 [#1] PREEMPT SMP ${names.ipv4} ${names.ipv6} ${names.mac}`, 4);
      machine.kernel.log(`RIP: 0010:klp_x+0x1c/0x40 [klp_cve_2026_0001_1] ${names.uuid} ${home}/bin/x ${machineId}`, 4);
    },
  });
  await agent.check({ signal: machine.power() }).catch(() => undefined);
  if (course.kind === 'panics') await machine.powerOn();
  const restarted = await machine.newAgent(options);
  secrets.push(machine.kernel.bootId);
  await restarted.start();
  await restarted.check();
  await restarted.flush();
  source.close();
  const heard = server.heard.join('\n');
  expect(heard).toContain('"pings"');
  for (const secret of secrets) expect(heard, secret).not.toContain(secret);
  // And nothing of the real machine on which the test runs, whatever that is.
  const own = [hostname(), userInfo().username].filter((name) => name.length > 4 && name !== 'localhost');
  const addresses = Object.values(networkInterfaces()).flatMap(
    (list) => list?.filter(({ internal }) => !internal) ?? [],
  );
  for (const name of [...own, ...addresses.map(({ address }) => address)]) expect(heard, name).not.toContain(name);
});

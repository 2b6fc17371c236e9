import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { tempFolder } from '@klpkit-internal/testkit';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { openServiceManager } from './service-manager.ts';
import { openDatagramSocket } from './testing/datagram-socket.ts';

const unit = fileURLToPath(new URL('../klpkit-client.service', import.meta.url));
const fail = (message: string): never => expect.fail(message);

function hasLibrary(): boolean {
  try {
    koffi.load('libsystemd.so.0');
    return true;
  } catch {
    return false;
  }
}

describe('the service manager', () => {
  it('is told nothing where none waits for words', () => {
    const manager = openServiceManager({ environment: {}, onTrouble: fail });
    manager.status('healthy');
    manager.stopping();
    manager.close();
  });

  it.skipIf(!hasLibrary())(
    'hears that the program is ready with its first state, each state after, life, and the end',
    async () => {
      await using folder = await tempFolder();
      const path = join(folder.path, 'notify');
      using socket = openDatagramSocket(path);
      const before = process.env['NOTIFY_SOCKET'];
      process.env['NOTIFY_SOCKET'] = path; // libsystemd reads the real environment
      try {
        const environment = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000', WATCHDOG_PID: String(process.pid) };
        const manager = openServiceManager({ environment, onTrouble: fail });
        expect(socket.received()).toEqual([]);
        manager.status('idle');
        manager.status('soaking: health check 1\nWATCHDOG=1');
        expect(socket.received().filter((word) => word !== 'WATCHDOG=1')).toEqual([
          'READY=1\nSTATUS=idle',
          'STATUS=soaking: health check 1 WATCHDOG=1',
        ]);
        const heard: string[] = [];
        while (!heard.includes('WATCHDOG=1')) {
          heard.push(...socket.received());
          await sleep(5);
        }
        manager.stopping();
        expect(socket.received()).toContain('STOPPING=1');
        manager.close();
      } finally {
        if (before === undefined) delete process.env['NOTIFY_SOCKET'];
        else process.env['NOTIFY_SOCKET'] = before;
      }
    },
  );

  it('gives no sign of life for another process', () => {
    const environment = { NOTIFY_SOCKET: '/nonexistent', WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' };
    openServiceManager({ environment, onTrouble: () => undefined }).close();
  });
});

describe('the unit', () => {
  it('has the two capabilities that the work needs, and no more', async () => {
    const text = await readFile(unit, 'utf8');
    expect(text.match(/^CapabilityBoundingSet=.*$/gm)).toEqual(['CapabilityBoundingSet=CAP_SYS_MODULE CAP_SYSLOG']);
    expect(text).toMatch(/^Type=notify$/m);
    expect(text).toMatch(/^WatchdogSec=\d+$/m);
    expect(text).not.toMatch(/^AmbientCapabilities=/m);
  });

  const analyze = '/usr/bin/systemd-analyze';
  it.skipIf(!existsSync(analyze))(
    'is rated as little exposed by systemd-analyze (skipped where that is not installed)',
    () => {
      const { status, stdout, stderr } = spawnSync(analyze, ['security', '--offline=true', '--threshold=35', unit], {
        encoding: 'utf8',
      });
      expect({ status, said: status === 0 ? '' : `${stdout}${stderr}` }).toEqual({ status: 0, said: '' });
    },
  );
});

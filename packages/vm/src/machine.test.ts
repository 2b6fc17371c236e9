import { duplexPair, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { PreparedKernel } from './kernel.ts';
import { createMachine, type MachineOptions } from './machine.ts';

const kernel = { release: '6.1.0-56-cloud-amd64' } as PreparedKernel;

/** A machine whose QEMU is two streams; the test plays the guest. */
function machineOnStreams(options: Partial<MachineOptions> = {}) {
  const console = new PassThrough();
  const [control, guest] = duplexPair();
  const ended = Promise.withResolvers<{ failure: string | undefined }>();
  let killed = 0;
  const finish = (failure?: string): void => {
    console.end();
    guest.end();
    ended.resolve({ failure });
  };
  const kill = (): void => {
    killed++;
    finish();
  };
  const machine = createMachine(kernel, { pid: 1, console, control, ended: ended.promise, kill }, options);
  const asked: string[] = [];
  guest.setEncoding('utf8').on('data', (text: string) => asked.push(text));
  return { machine, vm: machine.vm, console, guest, finish, asked, killed: () => killed };
}
const never = new AbortController().signal;
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a machine', () => {
  it('is ready when the guest says so', async () => {
    const { machine, guest } = machineOnStreams();
    guest.write('\u001eready\n');
    await machine.ready(1, never);
  });

  it('that ends before is not', async () => {
    const { machine, finish } = machineOnStreams();
    finish();
    await expect(machine.ready(1, never)).rejects.toMatchObject({ code: 'BOOT_FAILED' });
    expect(await machine.vm.exit).toEqual({ kind: 'powered-off' });
  });

  it('runs a program and gives its lines and exit code', async () => {
    const { vm, guest, asked } = machineOnStreams();
    const lines: string[] = [];
    const running = vm.run(['true'], { onLine: (line) => lines.push(line) });
    await soon();
    expect(Buffer.from(asked.join('').split(' ')[2] ?? '', 'base64').toString()).toBe("cd '/' && exec env 'true'\n");
    guest.write('a\n\u001eexit 99 1\nb\n\u001eexit 1 3\n');
    expect(await running).toEqual({ kind: 'exited', exitCode: 3, lines: ['a', 'b'] });
    expect(lines).toEqual(['a', 'b']);
  });

  it('runs one program at a time, and no empty one', async () => {
    const { vm, guest } = machineOnStreams();
    const first = vm.run(['a']);
    await expect(vm.run(['b'])).rejects.toMatchObject({ code: 'BUSY' });
    await expect(vm.powerOff()).rejects.toMatchObject({ code: 'BUSY' });
    await expect(vm.run([])).rejects.toThrow(TypeError);
    guest.write('\u001eexit 1 0\n');
    await first;
  });

  it('tells a panic at once, and as its end', async () => {
    const { vm, console, finish } = machineOnStreams();
    const running = vm.run(['a']);
    console.write('[    9.1] Kernel panic - not syncing: Fatal exception\r\n');
    expect(await running).toEqual({
      kind: 'panicked',
      message: 'Kernel panic - not syncing: Fatal exception',
      lines: [],
    });
    finish();
    expect(await vm.exit).toEqual({ kind: 'panicked', message: 'Kernel panic - not syncing: Fatal exception' });
  });

  it('comes back from a panic by a reboot and runs on', async () => {
    const { vm, console, guest, finish } = machineOnStreams();
    guest.write('\u001eready\n');
    const running = vm.run(['a']);
    const up = vm.rebooted();
    console.write('Kernel panic - not syncing: x\n');
    expect((await running).kind).toBe('panicked');
    guest.write('\u001eready\n');
    await up;
    const again = vm.run(['b']);
    guest.write('\u001eexit 2 0\n');
    expect((await again).kind).toBe('exited');
    finish();
    expect(await vm.exit).toEqual({ kind: 'powered-off' });
  });

  it('that goes down under a program says so, with what it printed', async () => {
    const { vm, guest, finish } = machineOnStreams();
    const running = vm.run(['a']);
    guest.write('last words\n');
    await soon();
    finish();
    expect(await running).toEqual({ kind: 'powered-off', lines: ['last words'] });
    expect(await vm.run(['b'])).toEqual({ kind: 'powered-off', lines: [] });
  });

  it('is killed when a program runs for too long', async () => {
    const { vm, killed } = machineOnStreams();
    expect(await vm.run(['a'], { timeoutMs: 5 })).toEqual({ kind: 'timed-out', afterMs: 5, lines: [] });
    expect(killed()).toBe(1);
  });

  it('is killed when its own time is over', async () => {
    const { vm } = machineOnStreams({ timeoutMs: 5 });
    expect(await vm.exit).toEqual({ kind: 'timed-out', afterMs: 5 });
  });

  it('is killed by its signal, and the program rejects with the reason of its own', async () => {
    const machine = new AbortController();
    const program = new AbortController();
    const { vm } = machineOnStreams({ signal: machine.signal });
    const running = vm.run(['a'], { signal: program.signal });
    const reason = new Error('enough');
    program.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(await vm.exit).toEqual({ kind: 'killed' });
    machine.abort();
  });

  it('whose QEMU fails says what QEMU said', async () => {
    const { vm, finish } = machineOnStreams();
    finish('exit code 1: no such device');
    expect(await vm.exit).toEqual({ kind: 'failed', message: 'exit code 1: no such device' });
    expect(await vm.kill()).toEqual({ kind: 'failed', message: 'exit code 1: no such device' });
  });
});

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeSocketWorkload } from './socket-workloads.ts';
import type { Workload, WorkloadKind, WorkloadName } from './workload.ts';

/** What every file of /proc that a read cannot hurt or block answers with; one that a kernel lacks is left out. */
const procFiles =
  'self/stat self/status self/maps self/smaps self/cmdline self/limits self/mountinfo self/io self/wchan stat meminfo cpuinfo uptime loadavg version filesystems interrupts softirqs slabinfo vmstat zoneinfo buddyinfo diskstats partitions devices modules swaps net/tcp net/udp net/unix net/route net/dev cmdline'.split(
    ' ',
  );

/**
 * Makes the work of this name. Rounds run one after the other; all is done by system calls of this thread, so that a kernel that
 * kills the caller kills the process.
 */
export function makeWorkload(name: WorkloadName): Workload {
  if (name.startsWith('read /')) return readFileWorkload(name as `read /${string}`);
  return makers[name as WorkloadKind]();
}

const makers: Readonly<Record<WorkloadKind, () => Workload>> = {
  files: filesWorkload,
  processes: () => ({
    name: 'processes',
    description: 'starts a shell that starts a pipe of two programs',
    round: () => must(execFileSync('/bin/sh', ['-c', 'echo one | cat']).toString() === 'one\n', 'a pipe lost its text'),
  }),
  memory: () => ({
    name: 'memory',
    description: 'maps 4 MiB, touches each page and gives them back',
    round: touchMemory,
  }),
  timers: () => ({
    name: 'timers',
    description: 'sleeps for a millisecond and reads the clocks',
    round() {
      const before = process.hrtime.bigint();
      // A wait of the kernel's own: timers of Node count whole milliseconds of its loop and may come a part of one early.
      Atomics.wait(sleeper, 0, 0, 1);
      must(process.hrtime.bigint() - before >= 900_000n, 'a sleep of 1 ms took less');
    },
  }),
  proc: () => manyFiles('proc', '/proc', procFiles),
  sysfs: () => manyFiles('sysfs', '/sys', sysfsFiles()),
  tcp: () => makeSocketWorkload('tcp'),
  udp: () => makeSocketWorkload('udp'),
  'unix-sockets': () => makeSocketWorkload('unix-sockets'),
};

/** Nobody ever wakes it. */
const sleeper = new Int32Array(new SharedArrayBuffer(4));

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function readFileWorkload(name: `read /${string}`): Workload {
  const path = name.slice('read '.length);
  const first = readFileSync(path, 'latin1'); // a file that is not there is no work
  const isConstant = readFileSync(path, 'latin1') === first;
  const buffer = Buffer.alloc(64 * 1024);
  return {
    name,
    description: `opens, reads and closes ${path}${isConstant ? '' : ', which changes'}`,
    round() {
      const file = openSync(path, 'r');
      try {
        while (readSync(file, buffer) > 0);
      } finally {
        closeSync(file);
      }
    },
  };
}

/** On the memory disk and on ext4 (`/state`), where there is one. */
function filesWorkload(): Workload {
  const folders = ['/tmp', '/state'].flatMap((base) => {
    try {
      return [mkdtempSync(join(base, 'klpkit-work-'))];
    } catch {
      return [];
    }
  });
  const text = Buffer.from('klpkit'.repeat(1000));
  return {
    name: 'files',
    description: `creates, writes, links, renames, reads and removes files in ${folders.join(' and ')}`,
    round: () => folders.forEach((folder) => handleFiles(folder, text)),
  };
}

function handleFiles(folder: string, text: Buffer): void {
  const [directory, first, second, link] = ['d', 'a', 'b', 'l'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  mkdirSync(directory);
  const file = openSync(first, 'w');
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  linkSync(first, join(directory, 'linked'));
  symlinkSync(first, link);
  must(readFileSync(link).equals(text), 'a file has not what was written');
  renameSync(first, second);
  truncateSync(second, 100);
  must(statSync(second).size === 100, 'a truncated file has another size');
  must(readdirSync(folder).length === 3, 'a folder lists another number of files');
  for (const path of [link, second, directory]) rmSync(path, { recursive: true });
}

function touchMemory(): void {
  const buffer = Buffer.allocUnsafeSlow(4 * 1024 * 1024);
  for (let at = 0; at < buffer.length; at += 4096) buffer[at] = 1;
  let sum = 0;
  for (let at = 0; at < buffer.length; at += 4096) sum += buffer[at] ?? 0;
  must(sum === buffer.length / 4096, 'memory has not what was written');
}

function manyFiles(name: WorkloadKind, root: string, files: readonly string[]): Workload {
  const readable = files.filter((file) => {
    try {
      readFileSync(join(root, file));
      return true;
    } catch {
      return false;
    }
  });
  let next = 0;
  return {
    name,
    description: `reads ${readable.length} files of ${root} in turn`,
    round() {
      readFileSync(join(root, readable[next++ % readable.length] ?? ''));
    },
  };
}

function sysfsFiles(): string[] {
  const folders = [
    'kernel',
    'kernel/mm/transparent_hugepage',
    'class/net/lo',
    'class/net/lo/statistics',
    'block/vda/queue',
  ];
  return folders.flatMap((folder) => {
    try {
      return readdirSync(join('/sys', folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !/uevent_seqnum|profiling/.test(entry.name))
        .map((entry) => join(folder, entry.name));
    } catch {
      return [];
    }
  });
}

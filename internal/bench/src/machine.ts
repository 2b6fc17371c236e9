import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** What the numbers were measured on. Nothing here names the machine. */
export interface MachineFacts {
  readonly node: string;
  readonly openssl: string;
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

export function machineFacts(): MachineFacts {
  return {
    node: process.version,
    openssl: process.versions.openssl ?? 'none',
    os: `${type()} ${release()}`,
    arch: process.arch,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
  };
}

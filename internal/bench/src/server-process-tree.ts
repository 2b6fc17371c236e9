import { spawnSync } from 'node:child_process';

/** A process and all that it started, and they in their turn. */
export function treeOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return [pid, ...stdout.split('\n').map(Number).filter(Boolean).flatMap(treeOf)];
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cpioFolder, cpioProgram, packCpio } from './cpio.ts';

describe('a cpio archive', () => {
  it('has the newc header and its trailer, each part on 4 bytes', () => {
    const archive = Buffer.from(packCpio([cpioFolder('d'), cpioProgram('d/f', 'abc')]));
    expect(archive.length % 4).toBe(0);
    expect(archive.toString('latin1', 0, 6)).toBe('070701');
    expect(archive.includes('TRAILER!!!')).toBe(true);
  });

  it('is read by cpio', ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'klpkit-cpio-'));
    try {
      const archive = packCpio([cpioFolder('d'), cpioProgram('d/empty', ''), cpioProgram('d/odd', 'abcde')]);
      try {
        execFileSync('cpio', ['-idm', '--quiet'], { cwd: folder, input: archive, stdio: ['pipe', 'pipe', 'pipe'] });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') skip('cpio is not installed');
        throw error;
      }
      expect(readFileSync(join(folder, 'd/odd'), 'utf8')).toBe('abcde');
      expect(readFileSync(join(folder, 'd/empty'), 'utf8')).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

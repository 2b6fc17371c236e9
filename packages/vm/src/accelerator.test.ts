import { devNull } from 'node:os';
import { expect, it } from 'vitest';
import { chooseAccelerators, kvmFailed } from './accelerator.ts';

it('a boot takes the accelerator that it is told, else KVM where the device may be opened, until that failed', async () => {
  expect(await chooseAccelerators('kvm', '/nonexistent')).toEqual(['kvm']);
  expect(await chooseAccelerators('tcg', devNull)).toEqual(['tcg']);
  expect(await chooseAccelerators('auto', '/nonexistent')).toEqual(['tcg']);
  expect(await chooseAccelerators('auto', devNull)).toEqual(['kvm', 'tcg']);
  kvmFailed();
  expect(await chooseAccelerators('auto', devNull)).toEqual(['tcg']);
});

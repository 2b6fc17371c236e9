import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { drawStates, unreachedStates } from './states-drawing.fixture.ts';

const file = new URL('../../../docs/agent-states.md', import.meta.url);

it('the drawing of the states is what the code does', async () => {
  if (process.env['KLPKIT_UPDATE'] === '1') await writeFile(file, drawStates());
  expect(await readFile(file, 'utf8'), 'draw it anew: see the file').toBe(drawStates());
});

it('every state can be reached', () => {
  expect(unreachedStates()).toEqual([]);
});

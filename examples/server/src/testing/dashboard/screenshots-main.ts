/**
 * Takes the pictures in docs/screenshots: a server with a fleet that tells a story, looked at in Chromium.
 * Usage: node --conditions=@klpkit/source examples/server/src/testing/dashboard/screenshots-main.ts
 *
 * @packageDocumentation
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openDashboard, signIn } from './browser.ts';
import { people, tellStory } from './story.ts';

const folder = fileURLToPath(new URL('../../../../../docs/screenshots/', import.meta.url));
await mkdir(folder, { recursive: true });
const { harness, halted } = await tellStory();
const browser = await launchBrowser();
const { url } = harness.server;

interface Picture {
  readonly name: string;
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
  /** The patch to open; the overview without one. */
  readonly key?: string;
}

const pictures: readonly Picture[] = [
  { name: 'dashboard-light', colorScheme: 'light', width: 1360, height: 1240, key: halted },
  { name: 'dashboard-dark', colorScheme: 'dark', width: 1360, height: 1240, key: halted },
  { name: 'overview-light', colorScheme: 'light', width: 1360, height: 900 },
  { name: 'dashboard-narrow', colorScheme: 'light', width: 390, height: 1500, key: halted },
];

async function take({ name, key, ...options }: Picture): Promise<void> {
  const page = await openDashboard(browser, { url, ...options });
  await signIn(page, people.operator);
  if (key !== undefined) {
    await page.goto(`${url}/dashboard/#/patches/${key}`);
    await page.locator('.plot .deed').first().waitFor();
  }
  // Two frames: what was measured has been drawn anew.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await page.screenshot({ path: `${folder}${name}.png`, fullPage: process.argv.includes('--full') });
  await page.context().close();
}

try {
  for (const picture of pictures) await take(picture);
} finally {
  await browser.close();
  await harness.close();
}

import { findChromium } from '@klpkit-internal/testkit/browser';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where this machine's Chromium is; `undefined` where there is none. */
export const chromiumPath: string | undefined = findChromium();

const flags = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium. A sandbox cannot be had as root, which is what a container is. */
export function launchBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    args: isRoot ? [...flags, '--no-sandbox'] : flags,
    chromiumSandbox: !isRoot,
  });
}

/** How a page is opened. */
export interface OpenOptions {
  readonly url: string;
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Cookies of a session that was begun before. */
  readonly storageState?: StorageState;
}

/** What a browser keeps of a person who signed in. */
export type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>;

/** A page in a context of its own, that is a browser profile nobody has used. The server's authority is its own: it is not checked here. */
export async function openDashboard(browser: Browser, options: OpenOptions): Promise<Page> {
  const { url, colorScheme = 'light', width = 1280, height = 900, storageState } = options;
  const context = await browser.newContext({
    ...(storageState === undefined ? {} : { storageState }),
    ignoreHTTPSErrors: true,
    colorScheme,
    viewport: { width, height },
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(`${url}/dashboard/`);
  return page;
}

/** Signs in as a person does. */
export async function signIn(page: Page, who: { readonly name: string; readonly password: string }): Promise<void> {
  await page.getByLabel('Name').fill(who.name);
  await page.getByLabel('Password').fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Patches' }).waitFor();
}

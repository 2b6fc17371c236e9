import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
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
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    args: [...flags, ...more, ...(isRoot ? ['--no-sandbox'] : [])],
    chromiumSandbox: !isRoot,
  });
}

/** The way from the browser to the server, that a test can cut. */
export interface Line extends AsyncDisposable {
  readonly url: string;
  /** Breaks what is open, and everything that is tried. */
  cut(): void;
  mend(): void;
}

/** Passes bytes on to the server at `url`. */
export async function openLine(url: string): Promise<Line> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((from) => {
    const to = connect(Number(port), hostname);
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(socket);
      socket
        .on('error', () => other.destroy())
        .on('close', () => {
          open.delete(socket);
          other.destroy();
        });
    }
    if (isCut) from.destroy();
    else from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve));
  return {
    url: `https://${hostname}:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
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

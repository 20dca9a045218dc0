/**
 * A shop whose pages carry the snippet: a real gateway with numbers enough, a wire to it that can be in a mood, a website
 * on another origin, and one Chromium in which each visitor has a profile of their own.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page as Tab } from 'playwright-core';
import { describe, inject } from 'vitest';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import type { Place } from '../support/deployments.ts';
import { runGateway } from '../support/run-gateway.ts';
import { titleOn } from '../support/stores.ts';
import { type MoodyGateway, startMoodyGateway } from './moody-gateway.ts';
import { type PageServer, startPageServer } from './page-server.ts';

const flags = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const extraNumbers = 60;

export interface Stage {
  readonly gateway: MoodyGateway;
  readonly pages: PageServer;
  readonly api: ApiClient;
  readonly publishableKey: string;
  readonly browser: Browser;
  readonly folder: string;
}

/** Somebody with a browser of their own. */
export interface Visitor {
  readonly context: BrowserContext;
  /** What went wrong in their tabs: uncaught errors, and errors on the console. */
  readonly troubles: readonly string[];
  open(url: string): Promise<Tab>;
}

/** Runs `suite` where there is a Chromium. */
export function inChromium(title: string, suite: () => void): void {
  const { chromium: found } = inject('stores');
  describe.skipIf(found.kind === 'absent')(titleOn(title, 'Chromium', found), suite);
}

export async function setStage(place: Place): Promise<Stage> {
  const pages = await startPageServer();
  place.keep(pages.close);
  // The demo's website knows the origin of PUBLIC_URL: it is our pages'.
  const running = await runGateway(place, { PUBLIC_URL: pages.origin });
  const gateway = await startMoodyGateway(running.url);
  place.keep(gateway.close);
  pages.useSnippet(`${gateway.url}/lk.js`, running.practice.publishableKey);
  const api = createApiClient(running);
  for (let index = 0; index < extraNumbers; index += 1) {
    const number = `+15035550${110 + index}`;
    await api.must('POST', '/v1/numbers', { body: { number, carrier: 'sandbox' } });
  }
  const browser = await launchBrowser(place);
  const { publishableKey } = running.practice;
  return { gateway, pages, api, publishableKey, browser, folder: place.folder };
}

export async function launchBrowser(place: Place): Promise<Browser> {
  const browser = await chromium.launch(program());
  place.keep(() => browser.close());
  return browser;
}

export async function meetVisitor(stage: Pick<Stage, 'browser'>): Promise<Visitor> {
  return watch(await stage.browser.newContext());
}

/** Their browser's own setting blocks all cookies, and with them everything a page could store. */
export async function meetVisitorWithoutCookies(stage: Stage): Promise<Visitor> {
  const profile = join(stage.folder, 'profile-without-cookies');
  await mkdir(join(profile, 'Default'), { recursive: true });
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  return watch(await chromium.launchPersistentContext(profile, program()));
}

function program() {
  const { chromium: found } = inject('stores');
  if (found.kind === 'absent') throw new Error(found.reason);
  return { executablePath: found.url, args: flags, ignoreDefaultArgs: ['--disable-back-forward-cache'] };
}

function watch(context: BrowserContext): Visitor {
  const troubles: string[] = [];
  context.on('weberror', (fault) => troubles.push(String(fault.error())));
  context.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') troubles.push(line.text());
  });
  return {
    context,
    troubles,
    async open(url) {
      const tab = await context.newPage();
      await tab.goto(url);
      return tab;
    },
  };
}

/** The text of the page's element `#n`, where each sample page has its number. */
export function shownIn(tab: Tab): Promise<string | null> {
  return tab.locator('#n').textContent();
}

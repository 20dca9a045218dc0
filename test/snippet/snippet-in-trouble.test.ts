/** The snippet where things are missing, late or broken: the page is as it was without it, and nothing is said aloud. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { embeddedDeployment } from '../support/deployments.ts';
import type { Mood } from './moody-gateway.ts';
import {
  inChromium,
  meetVisitor,
  meetVisitorWithoutCookies,
  type Stage,
  setStage,
  shownIn,
  type Visitor,
} from './staged-browser.ts';

const own = '(503) 555-0100';
const leased = /^\(503\) 555-01(?!00)\d\d$/;
const number = `<p>Call <a id="n" href="tel:+15035550100">${own}</a></p>`;
const deployment = embeddedDeployment();

inChromium('the snippet in trouble', () => {
  let stage: Stage;
  let visitor: Visitor;
  beforeAll(async () => {
    stage = await setStage(await deployment.open());
  }, 60_000);
  afterEach(async () => {
    await visitor.context.close();
    stage.gateway.reset();
  });

  test.each<Mood>(['away', 'rubbish', 'faulty'])(
    'a gateway that is %s changes nothing, and is asked again later',
    async (mood) => {
      stage.gateway.setMood(mood);
      visitor = await meetVisitor(stage);
      const tab = await visitor.context.newPage();
      await tab.clock.install();
      await tab.goto(stage.pages.put('/', { body: number }));
      await expect.poll(() => stage.gateway.said().length).toBe(1);
      await tab.clock.runFor(1_000);
      expect(await shownIn(tab)).toBe(own);
      expect(await tab.locator('#n').getAttribute('href')).toBe('tel:+15035550100');
      stage.gateway.setMood('well');
      await tab.clock.runFor(30_000);
      await expect.poll(() => shownIn(tab)).toMatch(leased);
      expect(visitor.troubles.filter((line) => !line.startsWith('Failed to load resource'))).toEqual([]);
    },
  );

  test('a slow gateway holds nothing up: the page loads, and the number comes when it comes', async () => {
    stage.gateway.setMood('late');
    visitor = await meetVisitor(stage);
    const tab = await visitor.open(stage.pages.put('/', { body: number }));
    await expect.poll(() => stage.gateway.said().length).toBe(1);
    expect(await tab.evaluate('document.readyState')).toBe('complete');
    expect(await shownIn(tab)).toBe(own);
    stage.gateway.release();
    await expect.poll(() => shownIn(tab)).toMatch(leased);
  });

  test.each([
    ['full', `Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };`],
    ['full of rubbish', `if (location.port) localStorage.lk = '{"engagedSeconds":[],"visit":7';`],
    ['full of somebody else’s words', `if (location.port) localStorage.lk = '[1,2]';`],
  ])('with storage that is %s the number is shown all the same', async (_how, script) => {
    visitor = await meetVisitor(stage);
    await visitor.context.addInitScript(script);
    const tab = await visitor.open(stage.pages.put('/', { body: number }));
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    await tab.mouse.move(7, 7);
    await expect.poll(() => stage.gateway.beats().at(-1)?.status).toBe(200);
    expect(visitor.troubles).toEqual([]);
  });

  test('a browser that blocks all cookies and storage is shown a number all the same', async () => {
    visitor = await meetVisitorWithoutCookies(stage);
    const tab = await visitor.open(stage.pages.put('/', { body: number }));
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    expect(await tab.evaluate('(() => { try { return localStorage.length; } catch { return "blocked"; } })()')).toBe(
      'blocked',
    );
    await tab.mouse.move(7, 7);
    await expect.poll(() => stage.gateway.beats().at(-1)).toMatchObject({ status: 200, body: { human: true } });
    expect(visitor.troubles).toEqual([]);
  });

  test('a page without an origin of its own is refused, and keeps its number', async () => {
    visitor = await meetVisitor(stage);
    const headers = { 'content-security-policy': 'sandbox allow-scripts' };
    const tab = await visitor.open(stage.pages.put('/frame', { body: number, headers }));
    await expect.poll(() => stage.gateway.said().map(({ status }) => status)).toEqual([403]);
    expect(await shownIn(tab)).toBe(own);
    expect(visitor.troubles.filter((line) => !/Failed to load|CORS/.test(line))).toEqual([]);
  });

  test.each([
    ['a key that is wrong', 'data-key="pk_0000000000000000000000000000"'],
    ['no key', 'data-numbers="+15035550100"'],
  ])('%s: one line for whoever looks, and the page’s own number', async (_what, attributes) => {
    visitor = await meetVisitor(stage);
    const lines: string[] = [];
    visitor.context.on('console', (line) => lines.push(`${line.type()} ${line.text()}`));
    const tab = await visitor.context.newPage();
    await tab.clock.install();
    const page = { body: `${number}<script async src="${stage.gateway.url}/lk.js" ${attributes}></script>` };
    await tab.goto(stage.pages.put('/wrong', { ...page, bare: true }));
    await expect.poll(() => lines.filter((line) => line.startsWith('debug linekeeper')).length).toBe(1);
    await tab.clock.runFor(600_000);
    expect(stage.gateway.said().length).toBeLessThanOrEqual(1);
    expect(await shownIn(tab)).toBe(own);
    expect(lines.filter((line) => !/Failed to load/.test(line))).toHaveLength(1);
  });

  test('under a content security policy that names the gateway it runs, without eval and without inline code', async () => {
    visitor = await meetVisitor(stage);
    const { url } = stage.gateway;
    const policy = `default-src 'none'; img-src data:; script-src ${url}; connect-src ${url}; require-trusted-types-for 'script'`;
    const tab = await visitor.open(
      stage.pages.put('/', { body: number, headers: { 'content-security-policy': policy } }),
    );
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    expect(visitor.troubles).toEqual([]);
  });

  test('a tag pinned by its integrity hash runs, and one pasted twice is one', async () => {
    const { tag } = await stage.api.must('GET', `/v1/snippet?key=${stage.publishableKey}`);
    const pinned = tag.replace(/src="http:[^"]*(?=\/lk-)/, `src="${stage.gateway.url}`);
    visitor = await meetVisitor(stage);
    const tab = await visitor.open(stage.pages.put('/', { body: `${number}${pinned}${pinned}`, bare: true }));
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    expect(stage.gateway.opened()).toHaveLength(1);
    expect(visitor.troubles).toEqual([]);
  });
});

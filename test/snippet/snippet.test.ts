/** The snippet in a real browser, against a real gateway: what visitors see, what is told of them, what is stored. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { embeddedDeployment } from '../support/deployments.ts';
import { inChromium, meetVisitor, type Stage, setStage, shownIn, type Visitor } from './staged-browser.ts';

const own = '(503) 555-0100';
const leased = /^\(503\) 555-01(?!00)\d\d$/;
const number = `<p>Call <span id="n">${own}</span></p>`;
const deployment = embeddedDeployment();

inChromium('the snippet', () => {
  let stage: Stage;
  let visitor: Visitor;
  beforeAll(async () => {
    stage = await setStage(await deployment.open());
  }, 60_000);
  afterEach(async () => {
    await visitor.context.close();
    stage.gateway.reset();
  });

  async function visit(body: string, page: Partial<Parameters<Stage['pages']['put']>[1]> = {}, query = '') {
    visitor = await meetVisitor(stage);
    return visitor.open(`${stage.pages.put('/', { body, ...page })}${query}`);
  }

  test('a plain page shows the number of its visitor in every form, in links, and keeps all else', async () => {
    const tab = await visit(`${number}<p id="dots">503.555.0100</p><p id="plus">+1 503 555 0100</p>
<a id="tel" href="tel:+1-503-555-0100" aria-label="Call ${own}">call</a>
<a id="sms" href="sms:5035550100?body=Room%205%2C%20please">text</a>
<p id="off" data-linekeeper="off">${own}</p><p id="other">(503) 555-0199</p>
<p data-linekeeper id="marked">212-555-0199</p><p data-linekeeper id="vanity">1-800-FLOWERS</p>
<textarea id="typed">${own}</textarea>`);
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    const digits = (await shownIn(tab))?.replace(/\D/g, '') ?? '';
    const [area, exchange, line] = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)];
    const text = (id: string) => tab.locator(`#${id}`).textContent();
    expect(await text('dots')).toBe(`${area}.${exchange}.${line}`);
    expect(await text('plus')).toBe(`+1 ${area} ${exchange} ${line}`);
    expect(await text('marked')).toBe(`${area}-${exchange}-${line}`);
    expect(await text('vanity')).toBe(`(${area}) ${exchange}-${line}`);
    expect(await text('off')).toBe(own);
    expect(await text('other')).toBe('(503) 555-0199');
    expect(await tab.locator('#typed').inputValue()).toBe(own);
    expect(await tab.locator('#tel').getAttribute('href')).toBe(`tel:+1${digits}`);
    expect(await tab.locator('#tel').getAttribute('aria-label')).toBe(`Call (${area}) ${exchange}-${line}`);
    expect(await tab.locator('#sms').getAttribute('href')).toBe(`sms:+1${digits}?body=Room%205%2C%20please`);
    expect(visitor.troubles).toEqual([]);
  });

  test('the swap moves nothing on the page', async () => {
    visitor = await meetVisitor(stage);
    await visitor.context.addInitScript(
      'window.shift=0;new PerformanceObserver(l=>{for(const e of l.getEntries())shift+=e.value}).observe({type:"layout-shift",buffered:true})',
    );
    const tab = await visitor.open(
      stage.pages.put('/', { body: `<p>Call <b id="n">${own}</b> any time, we are here.</p><p>Below</p>` }),
    );
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    await tab.evaluate('new Promise(done=>requestAnimationFrame(()=>requestAnimationFrame(done)))');
    expect(await tab.evaluate('shift')).toBe(0);
  });

  test('what brought the visitor is told once, without a preflight, and no more than is known', async () => {
    const query = '?utm_source=news&utm_medium=mail&gclid=g1&fbclid=f%001&utm_term=';
    const tab = await visit(number, { tag: 'data-numbers="(503) 555-0100" data-region="US-OR"' }, query);
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    const { arrival } = await theVisit();
    expect(arrival).toMatchObject({ utmSource: 'news', utmMedium: 'mail', gclid: 'g1', fbclid: 'f1', region: 'US-OR' });
    expect(arrival).toMatchObject({ url: expect.stringContaining(query), locale: 'en-US' });
    expect(arrival).not.toHaveProperty('utmTerm');
    expect(stage.gateway.said().map(({ method }) => method)).not.toContain('OPTIONS');
    expect(stage.gateway.opened()[0]).toMatchObject({ body: { replaces: own }, type: 'text/plain;charset=UTF-8' });
  });

  test('a page that renders again shows the number again, and one that fights for its own does not hang', async () => {
    const tab = await visit(`<div id="root"></div><p id="stubborn"></p><script>
      const root = document.getElementById('root'), stubborn = document.getElementById('stubborn');
      let count = 0;
      window.render = () => { root.innerHTML = '<p>' + ++count + ' <span id="n">${own}</span></p>'; };
      window.restore = () => { document.getElementById('n').firstChild.data = '${own}'; };
      window.fight = () => {
        window.rounds = 0;
        stubborn.textContent = '${own}';
        new MutationObserver(() => { if (stubborn.textContent !== '${own}') { rounds++; stubborn.textContent = '${own}'; } })
          .observe(stubborn, { childList: true, characterData: true, subtree: true });
        stubborn.textContent = '${own} ';
      };
      render();</script>`);
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    const shown = await shownIn(tab);
    expect(await tab.evaluate('render(); Promise.resolve().then(() => n.textContent)')).toBe(shown);
    expect(await tab.evaluate('restore(); Promise.resolve().then(() => n.textContent)')).toBe(shown);
    await tab.evaluate('fight()');
    expect(await tab.evaluate('rounds')).toBeLessThan(10_000);
    expect(await tab.evaluate('render(); Promise.resolve().then(() => n.textContent)')).toMatch(/555-01/);
  });

  test('a single-page application is one visit with several pages, and its product page is told', async () => {
    const tab = await visit(`<main id="app">${number}</main>`);
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    await tab.evaluate(
      `history.pushState({}, '', '/beds'); app.innerHTML = '<div data-linekeeper-product="beds"><b id="n">503 555 0100</b></div>'`,
    );
    await expect.poll(() => shownIn(tab)).toMatch(/^503 555 01(?!00)/);
    await expect.poll(() => stage.gateway.beats().at(-1)?.body).toMatchObject({ pages: 2, productPage: 'beds' });
    await tab.evaluate(`history.replaceState({}, '', '/beds?colour=red'); app.append('!')`);
    await tab.evaluate(`history.pushState({}, '', '#/chairs'); app.append('!')`);
    await expect.poll(() => stage.gateway.beats().at(-1)?.body.pages).toBe(3);
    expect(stage.gateway.opened()).toHaveLength(1);
    expect((await theVisit()).pages).toBe(3);
  });

  test('a tap is told at once, and so is a sign that somebody is there', async () => {
    const tab = await visit(`<a id="n" href="tel:+15035550100">${own}</a><a id="s" href="sms:+15035550100">text</a>
<a id="fax" href="tel:+12125550199">another</a>`);
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    await tab.evaluate('addEventListener("click", (event) => event.preventDefault())');
    await tab.locator('#fax').click();
    await tab.locator('#n').click();
    await tab.locator('#s').click();
    await expect.poll(() => stage.gateway.beats().map(({ body }) => body.tap ?? '')).toContain('tel');
    await expect.poll(() => stage.gateway.beats().map(({ body }) => body.tap ?? '')).toContain('sms');
    await expect.poll(() => stage.gateway.beats().map(({ status }) => status)).not.toContain(0);
    expect(new Set(stage.gateway.beats().map(({ status }) => status))).toEqual(new Set([200]));
    expect(stage.gateway.beats().filter(({ body }) => body.tap)).toHaveLength(2);
    expect(stage.gateway.beats().some(({ body }) => body.human === true && body.tap === undefined)).toBe(true);
    expect(visitor.troubles).toEqual([]);
  });

  test('a page that sends no referrer still tells its taps', async () => {
    const body = `<a id="n" href="tel:+15035550100">${own}</a>`;
    const tab = await visit(body, { headers: { 'referrer-policy': 'no-referrer' } });
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    await tab.evaluate('addEventListener("click", (event) => event.preventDefault()); n.click()');
    const taps = () => stage.gateway.beats().filter((beat) => beat.body.tap === 'tel');
    await expect.poll(() => taps().map(({ status }) => status)).toEqual([200]);
  });

  test('before consent nothing is stored and nothing is read; after it the visitor is known again', async () => {
    const tab = await visit(number, { tag: 'data-numbers="+15035550100" data-consent="required"' });
    await tab.evaluate('document.cookie = "_ga=GA1.1.123.456"');
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    await tab.mouse.move(5, 5);
    await expect.poll(() => stage.gateway.beats().length).toBe(1);
    expect(await tab.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
    expect(await tab.evaluate('document.cookie')).toBe('_ga=GA1.1.123.456');
    for (const { body } of stage.gateway.said()) {
      expect(body).not.toHaveProperty('visitorId');
      expect(body).not.toHaveProperty('gaClientId');
    }
    await tab.evaluate('linekeeper("consent", true)');
    await expect
      .poll(() => stage.gateway.beats().at(-1))
      .toMatchObject({ status: 200, body: { gaClientId: '123.456' } });
    const { id, visit: visitId } = await stored();
    expect(stage.gateway.beats().at(-1)?.body.visitorId).toBe(id);
    expect((await theVisit()).arrival).toMatchObject({ gaClientId: '123.456' });
    await tab.reload();
    await tab.evaluate('linekeeper("consent", true)');
    await expect.poll(async () => (await stored()).visit).toBe(visitId);
    await tab.evaluate('linekeeper("consent", false)');
    expect(await tab.evaluate('localStorage.length')).toBe(0);
  });

  test('two tabs opened at once are one visit with one number', async () => {
    visitor = await meetVisitor(stage);
    const url = stage.pages.put('/', { body: number });
    const [one, two] = await Promise.all([visitor.open(url), visitor.open(url)]);
    await expect.poll(() => shownIn(one)).toMatch(leased);
    for (const tab of [one, two]) await expect.poll(() => showsTheStored(tab)).toBe(true);
    const opened = stage.gateway.opened().length;
    const three = await visitor.open(url);
    await expect.poll(() => showsTheStored(three)).toBe(true);
    await expect.poll(async () => (await theVisit()).pages).toBeGreaterThan(1);
    expect(stage.gateway.opened()).toHaveLength(opened);
  });

  test('consent taken back in one tab is taken back in all', async () => {
    visitor = await meetVisitor(stage);
    const url = stage.pages.put('/', { body: number });
    const one = await visitor.open(url);
    await expect.poll(() => shownIn(one)).toMatch(leased);
    const two = await visitor.open(url);
    await expect.poll(() => stage.gateway.beats().at(-1)?.status).toBe(200);
    await two.evaluate('linekeeper("consent", false)');
    await expect.poll(() => one.evaluate('localStorage.length')).toBe(0);
    await one.evaluate('linekeeper("product", "late")');
    await expect.poll(() => stage.gateway.beats().find(({ body }) => body.productPage === 'late')?.status).toBe(200);
    expect(await one.evaluate('localStorage.length')).toBe(0);
  });

  test('the next page shows the number before the gateway has answered, and half an hour of silence is a new visit', async () => {
    const tab = await visit(number);
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    const first = await stored();
    stage.gateway.setMood('late');
    await tab.goto(stage.pages.put('/next', { body: number }));
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    stage.gateway.setMood('well');
    stage.gateway.release();
    await expect.poll(async () => (await theVisit()).pages).toBe(2);
    await tab.goto('about:blank');
    await visitor.context.addInitScript('const now = Date.now; Date.now = () => now() + 31 * 60 * 1000');
    await tab.goto(stage.pages.put('/', { body: number }));
    await expect.poll(() => stage.gateway.opened().length).toBe(2);
    await expect.poll(async () => (await stored()).visit).not.toBe(first.visit);
    expect((await stored()).id).toBe(first.id);
  });

  test('only time in sight counts, and beats rest while nobody looks', async () => {
    visitor = await meetVisitor(stage);
    const tab = await visitor.context.newPage();
    await tab.clock.install();
    await tab.goto(stage.pages.put('/', { body: number }));
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    const turn = (state: string) =>
      tab.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
         document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await tab.clock.fastForward(15_000);
    await expect.poll(() => stage.gateway.beats().map(({ body }) => body.engagedSeconds)).toEqual([15]);
    await tab.clock.fastForward(5_000);
    await turn('hidden');
    await expect.poll(() => stage.gateway.beats().map(({ body }) => body.engagedSeconds)).toEqual([15, 20]);
    await tab.clock.fastForward(600_000);
    await turn('visible');
    await expect.poll(() => stage.gateway.beats().map(({ body }) => body.engagedSeconds)).toEqual([15, 20, 20]);
    expect(stage.gateway.opened()).toHaveLength(1);
  });

  test('a page nobody has looked at yet takes no number', async () => {
    visitor = await meetVisitor(stage);
    await visitor.context.addInitScript(
      "Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })",
    );
    const tab = await visitor.open(stage.pages.put('/', { body: number }));
    await expect.poll(() => tab.evaluate('Boolean(window.linekeeper?.on)')).toBe(true);
    expect(stage.gateway.opened()).toEqual([]);
    await tab.evaluate(`delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))`);
    await expect.poll(() => shownIn(tab)).toMatch(leased);
  });

  test('a page from the back-forward cache goes on with its visit, and shows the number that is its own now', async () => {
    visitor = await meetVisitor(stage);
    await visitor.context.addInitScript(
      'addEventListener("pageshow", (event) => { window.restored = event.persisted; })',
    );
    const tab = await visitor.open(stage.pages.put('/', { body: `${number}<a id="on" href="/next">on</a>` }));
    await expect.poll(() => shownIn(tab)).toMatch(leased);
    await tab.goto(stage.pages.put('/next', { body: '<p>no number here</p>', tag: 'data-numbers=""' }));
    await expect.poll(() => stage.gateway.beats().filter(({ status }) => status === 200).length).toBe(2);
    await tab.evaluate(
      `const s = JSON.parse(localStorage.lk); s.visit = 'visit_' + '0'.repeat(26); localStorage.lk = JSON.stringify(s)`,
    );
    await tab.evaluate('setTimeout(() => history.back())');
    await expect.poll(() => tab.evaluate('window.restored').catch(() => null)).toBe(true);
    await expect.poll(() => stage.gateway.opened().length).toBe(2);
    await expect.poll(async () => (await stored()).visit).toMatch(/^visit_(?!0{26})/);
    await expect.poll(() => showsTheStored(tab)).toBe(true);
  });

  async function showsTheStored(tab: Parameters<typeof shownIn>[0]): Promise<boolean> {
    const shown = (await shownIn(tab))?.replace(/\D/g, '');
    return (await stored()).number?.e164 === `+1${shown}`;
  }

  async function theVisit() {
    return stage.api.must('GET', `/v1/visits/${(await stored()).visit}`);
  }

  async function stored() {
    return JSON.parse(String(await visitor.context.pages()[0]?.evaluate('localStorage.getItem("lk")'))) ?? {};
  }
});

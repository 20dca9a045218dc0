/**
 * `lk.js`: the script a page includes. It finds the page's telephone numbers, opens a visit with the gateway it was
 * loaded from, and shows the visitor's own number instead. The page never waits for it, and keeps its own number when
 * anything fails. docs/snippet.md says what it stores and when. Under 3 kB gzipped, which a test holds.
 */
import { adopt, contact, look, seeHuman, setConsent, tapLink, tell, turnPage } from './keep-visit.ts';
import { options } from './script-tag.ts';
import { watch } from './swap-numbers.ts';

interface Linekeeper {
  (command: string, value: never): void;
  /** Commands given before the script came. */
  q?: ArrayLike<unknown>[];
  on?: boolean;
}

const page = window as unknown as { linekeeper: Linekeeper };
const commands: Record<string, (value: never) => unknown> = {
  consent: setConsent,
  product: (productPage: string) => tell({ productPage }),
  cart: (cartValue: number) => tell({ cartValue }),
};
/** The address without query and fragment, save where the fragment is a route. */
const pageOf = () => location.href.replace(/\?[^#]*|#(?!\/).*/g, '');
let path = pageOf();
let product: string | null;

/** A single-page application has shown something else: perhaps another page, perhaps another product. */
function lookAround(): void {
  const element = document.querySelector<HTMLElement>('[data-linekeeper-product]');
  const found = element && (element.dataset.linekeeperProduct as string);
  const turned = path !== pageOf();
  path = pageOf();
  if (turned) turnPage();
  if (found && found !== product) tell({ productPage: found });
  else if (turned) contact();
  product = found;
}

function on(events: string, act: (event: Event) => void): void {
  for (const name of events.split(' ')) addEventListener(name, act, true);
}

function start(): void {
  const { q } = page.linekeeper || {};
  page.linekeeper = (command, value) => {
    const act = commands[command];
    if (act) act(value);
  };
  page.linekeeper.on = true;
  for (const words of q || []) page.linekeeper(words[0] as string, words[1] as never);
  watch(lookAround);
  turnPage();
  lookAround();
  const visibility = () => look(document.visibilityState === 'visible');
  visibility();
  on('visibilitychange pageshow', visibility);
  on('pagehide', () => look(false));
  on('storage', (event) => adopt(event as StorageEvent));
  on('pointerdown pointermove keydown', ({ isTrusted }) => isTrusted && seeHuman());
  on('click', ({ target }) => {
    const link = target instanceof Element && target.closest('a');
    if (link) tapLink(link.href);
  });
}

if (!options.key) {
  // biome-ignore lint/suspicious/noConsole: the one line a site's owner gets when the tag lacks its key
  console.debug('linekeeper: no data-key');
} else if (!page.linekeeper?.on) {
  start();
}

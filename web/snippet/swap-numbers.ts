/**
 * Puts the visitor's number into the page and keeps it there: text, `tel:` and `sms:` links, and what screen readers
 * are told. What stood there is remembered by node, so another number, or none, can follow; a page that writes its own
 * text again (React and its like) is swapped again before it is painted. Only text is written, never markup.
 */
import { options } from './script-tag.ts';
import { anyNumber, patternOf, type Shown, writeLike, writeMarked } from './write-number.ts';

/** What a text or attribute held, and what it was given instead. */
type Put = readonly [own: string, shown: string];

const declared = (options.numbers || '').split(/[,;]/);
const pattern = patternOf(declared);
const linkForm = /^((?:tel|sms):)([^?;,&]*)/i;
const attributes = ['href', 'aria-label', 'title'];
const untouched = 'script,textarea,[contenteditable],[data-linekeeper=off]';
/** Writes from one beat to the next: a page that fights back for its own number wins. */
const writesMax = 5e3;
/** By node, then by the attribute's name; a text's own name is empty. */
const book = new WeakMap<Node, Record<string, Put>>();

let shown: Shown | null | undefined;
let first: string | undefined;
let writes = 0;

/** Shows a number everywhere; null shows the page's own again. */
export function show(number: Shown | null): void {
  shown = number;
  writes = 0;
  swap(document.documentElement);
}

/** The number that is or would be replaced, as written: the only one declared, otherwise the first on the page. */
export function replaces(): string | undefined {
  return (!declared[1] && declared[0]) || first;
}

/** Swaps now, and again whenever the page changes; `onChange` is called after that. */
export function watch(onChange: () => void): void {
  const root = document.documentElement;
  swap(root);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'childList') addedNodes.forEach(swap);
      else swapOne(target);
    }
    onChange();
  }).observe(root, { subtree: true, childList: true, characterData: true, attributeFilter: attributes });
}

function swap(node: Node): void {
  swapOne(node);
  const walker = document.createTreeWalker(node, 5);
  while (walker.nextNode()) swapOne(walker.currentNode);
}

/** A text, or an element's attributes. */
function swapOne(node: Node): void {
  if (node instanceof Text)
    put(node, '', node.data, (text) => {
      node.data = text;
    });
  else if (node instanceof Element) {
    for (const name of attributes) put(node, name, node.getAttribute(name), (text) => node.setAttribute(name, text));
  }
}

function put(node: Text | Element, name: string, now: string | null, write: (text: string) => void): void {
  const element = node instanceof Text ? node.parentElement : node;
  if (!now || !/\d/.test(now) || !element || element.closest(untouched)) return;
  const puts = book.get(node) || {};
  const known = puts[name];
  const own = known && known[1] === now ? known[0] : now;
  const mark = element.closest('[data-linekeeper]');
  const wanted = name === 'href' ? inLink(own, mark) : inText(own, mark, now);
  if (wanted === now || writes++ > writesMax) return;
  puts[name] = [own, wanted];
  book.set(node, puts);
  write(wanted);
}

function inText(own: string, mark: Element | null, now: string): string {
  first = first || (own.match(mark ? anyNumber : pattern) || [])[0];
  const number = shown;
  if (!number) return own;
  if (mark) return writeMarked(own, number, (mark.textContent || '').trim() === now.trim());
  return own.replace(pattern, (_all, before: string, written: string) => before + writeLike(written, number));
}

function inLink(own: string, mark: Element | null): string {
  return own.replace(linkForm, (all, scheme: string, written: string) =>
    shown && (mark || written.replace(/%20/g, '').search(pattern) === 0) ? scheme + shown.e164 : all,
  );
}

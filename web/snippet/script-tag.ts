/**
 * The `<script>` tag this page includes us by: its address is the gateway's, its data attributes are the options. The
 * parts of the snippet keep their state in their modules, not in objects: a page has one of each, and every name of a
 * property would be sent to every visitor.
 */

const tag = (document.currentScript || document.querySelector('script[data-key]')) as HTMLScriptElement;

export const options: DOMStringMap = tag ? tag.dataset : {};

/** The gateway's address, without a slash at the end. */
export const base = tag?.src.replace(/\/[^/]*$/, '');

/**
 * Text as it may stand in a page or in an attribute, for the pages and tags that are made here.
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

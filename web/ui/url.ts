/**
 * Addresses that came from data, before they get into `href` or `src`: web addresses and pictures held in the browser, nothing else.
 *
 * `javascript:` and `data:` are what this keeps out; a relative address is one of the page's own.
 */
const LINKS = new Set(["https:", "http:"]);
const PICTURES = new Set(["https:", "http:", "blob:"]);

function checked(address: string | null | undefined, allowed: Set<string>): string | undefined {
  if (!address || !URL.canParse(address, document.baseURI)) return undefined;
  const { href, protocol } = new URL(address, document.baseURI);
  return allowed.has(protocol) ? href : undefined;
}

/** The address for a link, or undefined: `href=${ifDefined(link(url))}`. */
export const link = (address: string | null | undefined): string | undefined => checked(address, LINKS);
/** The address for a picture, sound or video. */
export const picture = (address: string | null | undefined): string | undefined => checked(address, PICTURES);

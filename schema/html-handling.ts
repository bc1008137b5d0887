/**
 * How the addresses of pages are written, in the words of Cloudflare's Workers Static Assets (`html_handling`):
 *                            about.html is at    docs/index.html is at
 *   auto-trailing-slash      /about              /docs/
 *   force-trailing-slash     /about/             /docs/
 *   drop-trailing-slash      /about              /docs
 *   none                     /about.html         /docs/index.html
 */
import * as z from "zod";

export const HTML_HANDLINGS = ["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"] as const;
export const HtmlHandling = z.enum(HTML_HANDLINGS);
export type HtmlHandling = z.infer<typeof HtmlHandling>;

export const DEFAULT_HTML_HANDLING: HtmlHandling = "auto-trailing-slash";

export type CleanHandling = Exclude<HtmlHandling, "none">;

/** @param page the path of a file that ends in `.html`. @returns its address as `readPath` gives it */
export function addressOf(page: string, handling: CleanHandling): string {
  if (page === "index.html") return "";
  if (page.endsWith("/index.html")) {
    const folder = page.slice(0, -"/index.html".length);
    return handling === "drop-trailing-slash" ? folder : `${folder}/`;
  }
  const stem = page.slice(0, -".html".length);
  return handling === "force-trailing-slash" ? `${stem}/` : stem;
}

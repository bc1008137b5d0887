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

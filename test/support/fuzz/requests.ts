/** Requests that somebody might send, and many that only an attacker or a broken client would. The same for the same seed. */
import type { Random } from "../seeded-random.ts";
import type { FuzzRequest } from "./reference.ts";
import { NEVER_DEPLOYED, SITES } from "./sites.ts";

const HOSTS = [
  ...SITES.flatMap(({ hosts }) => hosts),
  ...[
    "nobody.apps.test",
    "apps.test",
    "a.b.apps.test",
    ...NEVER_DEPLOYED,
    "shop-pr-042.apps.test",
    "shop--x.apps.test",
  ],
  ...[
    "shop-d-0123456789ab.apps.test",
    "example.com",
    "evil.com",
    "203.0.113.7",
    "[::1]",
    "0x7f.1",
    "2130706433",
    "localhost",
  ],
  ...[
    "bücher.example",
    "shop_x.apps.test",
    "-.apps.test",
    "shop.apps.test.evil.com",
    "xshop.apps.test",
    "ｓhop.apps.test",
  ],
];
const PATHS = [...new Set(SITES.flatMap(({ own, others }) => [own, ...others].flatMap(({ paths }) => paths)))];
const EXTRA_PATHS = [
  ...[
    "",
    "index",
    "docs",
    "docs/",
    "about/",
    "both/",
    "docs/missing",
    "missing",
    "a/b/c/d",
    "_headers",
    "_redirects",
    ".assetsignore",
  ],
  ...[
    "_atelier",
    "_atelier/x",
    "manifest.json",
    "assets/app-N0n0N0n0.js",
    "wp-login.php",
    ".env",
    ".git/config",
    "__proto__",
  ],
  ...[
    "toString",
    "old",
    "new-home",
    "news/a",
    "news/",
    "u/7/edit",
    "u//edit",
    "u/a b/edit",
    "blog/a",
    "INDEX.HTML",
    "404",
  ],
];
/** What is put into a path somewhere. */
const SPLINTERS = [
  ...[
    "%2f",
    "%5c",
    "%00",
    "//",
    "/..",
    "/../",
    "/.",
    "%2e%2e/",
    "%2E",
    "%ff",
    "%c0%ae",
    "%",
    "%zz",
    "%25",
    "%2561",
    "\\",
    ";x",
    "&",
    "+",
  ],
  ...[
    "%20",
    "%C3%BC",
    "ü",
    "%0d%0a",
    "'",
    '"',
    "<",
    "|",
    "^",
    "[",
    "]",
    "{",
    ".html",
    "/index",
    "/index.html",
    "/",
    ".",
    "*",
    ":x",
    "@",
    "~",
  ],
];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ["accept", ["text/html,application/xhtml+xml", "*/*", "text/html", "image/png", ""]],
  ["sec-fetch-mode", ["navigate", "no-cors", "cors", "nonsense"]],
  [
    "range",
    [
      "bytes=0-3",
      "bytes=5-5",
      "bytes=900-999",
      "bytes=4-2",
      "items=0-1",
      "bytes=0-1,2-3",
      `bytes=${"0-0,".repeat(1_000)}1-1`,
    ],
  ],
  ["if-none-match", ["*", '"x"', `${'"x",'.repeat(300)}W/"y"`, ""]],
  ["if-modified-since", ["Sun, 06 Nov 1994 08:49:37 GMT", "never"]],
  ["accept-encoding", ["gzip, br", "identity", "br;q=0", "*"]],
  ["x-forwarded-host", ["evil.com", "shop.apps.test"]],
  ["x-original-url", ["/admin"]],
  ["x-atelier-min-rev", ["1", "0", "-1", "99999999999999999999", "x"]],
  ["cookie", ["a=b", "__Host-atelier-visitor=0123456789abcdef0123456789abcdef", "__Host-atelier-visitor=x"]],
  ["traceparent", ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x"]],
];

export function randomRequest(random: Random): FuzzRequest {
  const chance = (share: number) => random() < share;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

  const headers: Record<string, string> = {};
  for (const [name, values] of HEADERS) if (chance(0.15)) headers[name] = pick(values);
  return {
    method: chance(0.8) ? "GET" : pick(["HEAD", "HEAD", "HEAD", "POST", "OPTIONS", "DELETE"]),
    host: randomHost(),
    target: randomTarget(),
    headers,
  };

  function randomHost(): string {
    let host = chance(0.8) ? pick(SITES.flatMap(({ hosts }) => hosts)) : pick(HOSTS);
    if (chance(0.1)) host = host.toUpperCase();
    if (chance(0.05)) host += ".";
    if (chance(0.02)) host += ".";
    if (chance(0.02)) host = `${"a".repeat(pick([1, 63, 64, 200]))}.${host}`;
    if (chance(0.02)) host = `shop.apps.test@${host}`;
    if (chance(0.1)) host += `:${pick([80, 443, 8787, 65_535])}`;
    return host;
  }

  function randomTarget(): string {
    let path = chance(0.7) ? pick(PATHS) : pick(EXTRA_PATHS);
    if (chance(0.6)) path = path.split("/").map(encodeURIComponent).join("/");
    if (chance(0.2)) path = path.replace(/(?:\/?index)?\.html$/, "");
    if (chance(0.1)) path = escapeSome(path);
    for (let more = chance(0.35) ? pick([1, 1, 1, 2, 3]) : 0; more > 0; more--) {
      const at = Math.floor(random() * (path.length + 1));
      path = path.slice(0, at) + pick(SPLINTERS) + path.slice(at);
    }
    if (chance(0.01)) path += pick(["a", "/", "%41", "a/", "ü", "%2f"]).repeat(pick([100, 2_000, 4_000]));
    const query = chance(0.2) ? pick(["?", "?a=1", "?a=%20&b=//x", `?${"q".repeat(4_000)}`, "?x=1#y"]) : "";
    return `/${path}${query}`;
  }

  function escapeSome(path: string): string {
    return [...path]
      .map((char) => (/[a-z.]/.test(char) && chance(0.3) ? `%${char.charCodeAt(0).toString(16)}` : char))
      .join("");
  }
}

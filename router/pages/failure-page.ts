/** The page that a visitor sees instead of an app. Self-contained: it loads nothing and runs nothing. */
import { STYLE } from "./style.ts";

export interface PageFacts {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** `{host}` stands for the requested host. */
  readonly text: string;
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly traceId: string;
  /** Set when the state is expected to pass while the visitor watches. */
  readonly reloadAfterSeconds: number | null;
}

export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

export function renderPage(facts: PageFacts): Page {
  const nonce = crypto.randomUUID();
  const { reloadAfterSeconds: reload } = facts;
  const text = escapeHtml(facts.text).replaceAll("{host}", () => `<strong>${escapeHtml(facts.host)}</strong>`);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">${reload === null ? "" : `\n<meta http-equiv="refresh" content="${reload}">`}
<title>${escapeHtml(facts.title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
${MARK}
<h1>${escapeHtml(facts.title)}</h1>
<p>${text}</p>${reload === null ? "" : '\n<div class="bar" role="progressbar" aria-label="Building"></div>'}
<dl>
<dt>Code</dt><dd>${escapeHtml(facts.code)} (${facts.status})</dd>
<dt>Time</dt><dd><time datetime="${escapeHtml(facts.time)}">${escapeHtml(facts.time)}</time></dd>
<dt>Trace</dt><dd>${escapeHtml(facts.traceId)}</dd>
</dl>
</main>
<footer>Hosted on Atelier</footer>
</body>
</html>
`;
  const contentSecurityPolicy = `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html, contentSecurityPolicy };
}

/** An easel: the platform's mark. */
const MARK = `<svg viewBox="0 0 40 40" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M20 3v4M14 27 9 37M26 27l5 10M20 27v7M6 27h28"/><rect x="8" y="7" width="24" height="16" rx="2"/></svg>`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

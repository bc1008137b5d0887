/** The page at /docs: the OpenAPI document for people. It loads nothing and runs nothing. */
import { html, raw } from "hono/html";
import { PROBLEMS } from "../../../schema/contracts/problem.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import type { ApiDocument, Media, Operation, Parameter } from "./openapi-document.ts";
import { limitsText, refName, typeText } from "./type-text.ts";

type Listed = Operation & { readonly method: string; readonly path: string; readonly anchor: string };
type Html = ReturnType<typeof raw>;

export function renderDocs(document: ApiDocument): string {
  const operations = listOperations(document);
  const schemas = Object.entries(document.components.schemas);
  const link = linkNames(schemas.map(([name]) => name));
  const tags = document.tags.filter(({ name }) => operations.some(({ tags: [tag] }) => tag === name));
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title} API</title>
<style>${raw(DOCS_STYLE)}</style>
</head>
<body>
<nav>
<a class="home" href="#top">${document.info.title}</a>
${tags.map(
  ({ name }) => html`<h2><a href="#${name}">${name}</a></h2>
<ul>${operations.filter(({ tags: [tag] }) => tag === name).map(navLine)}</ul>`,
)}
<h2><a href="#types">Types</a></h2>
<h2><a href="#problems">Problems</a></h2>
</nav>
<main id="top">
<h1>${document.info.title} API</h1>
<p>${prose(document.info.description)} The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p>
${ABOUT}
${tags.map(
  ({ name, description }) => html`<h2 id="${name}">${name}</h2>
<p>${prose(description)}</p>
${operations.filter(({ tags: [tag] }) => tag === name).map((operation) => operationSection(operation, link))}`,
)}
<h2 id="types">Types</h2>
<p><code>Time</code> is ISO 8601 in UTC, <code>Url</code> an absolute URL. A <code>?</code> marks what may be left out.</p>
${schemas.map(
  ([name, schema]) => html`<section class="type"><h3 id="type-${name}">${name}</h3>
${schema.description ? html`<p>${prose(schema.description)}</p>` : ""}<pre>${link(typeText(schema))}</pre></section>`,
)}
<h2 id="problems">Problems</h2>
<p>A refusal is a <a href="#type-Problem">Problem</a> (RFC 9457) of type <code>application/problem+json</code>. A code, once shipped, never changes its meaning.</p>
<table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>
${Object.entries(PROBLEMS).map(
  ([code, { status, title }]) =>
    html`<tr id="problem-${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`,
)}
</tbody></table>
</main>
</body>
</html>
`);
}

const ABOUT = html`<h2 id="basics">Basics</h2>
<p>Send <code>Authorization: Bearer atl_...</code> with every request. Each operation names the scope that it needs: <code>read</code> looks,
<code>deploy</code> and <code>promote</code> include it, <code>admin</code> may do everything.</p>
<p>With an <code>Idempotency-Key</code> a request may be sent again after a lost answer: it happens once, and its repetition gets the same answer.
Lists come in pages: pass <code>next</code> as <code>cursor</code>, with the same filters. <code>429</code> and <code>503</code> say in <code>Retry-After</code> when to come back.</p>`;

function listOperations(document: ApiDocument): Listed[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      anchor: operation.operationId,
    })),
  );
}

function navLine({ method, summary, anchor }: Listed) {
  return html`<li><a href="#${anchor}"><b class="${method}">${method}</b> ${summary}</a></li>`;
}

function operationSection(operation: Listed, link: (text: string) => Html) {
  const { method, path, anchor, summary, description, parameters, requestBody, responses } = operation;
  return html`<section class="operation" id="${anchor}">
<h3>${summary} <a class="anchor" href="#${anchor}" aria-label="Link to this operation">#</a></h3>
<p class="address"><b class="${method}">${method}</b> <code>${path}</code> <span class="scope">${scopeText(operation["x-scope"])}</span></p>
${description ? html`<p>${prose(description)}</p>` : ""}
${parameters.length > 0 ? html`<h4>Parameters</h4><dl>${parameters.map((parameter) => parameterLine(parameter, link))}</dl>` : ""}
${requestBody ? html`<h4>Body</h4>${Object.entries(requestBody.content).map((entry) => mediaBlock(entry, link))}` : ""}
<h4>Answer</h4>
${Object.entries(responses)
  .filter(([status]) => status !== "default")
  .map(
    ([status, answer]) => html`<p><b>${status}</b> ${prose(answer.description)}</p>
${Object.entries(answer.content ?? {}).map((entry) => mediaBlock(entry, link))}`,
  )}
</section>`;
}

function scopeText(scope: string): string {
  if (scope === "bootstrap") return "bootstrap secret";
  return scope === "token" ? "any token" : `scope ${scope}`;
}

function parameterLine({ name, in: place, required, schema }: Parameter, link: (text: string) => Html) {
  const notes = [schema.description ?? "", limitsText(schema)].filter((note) => note !== "").join("; ");
  return html`<dt><code>${name}</code> <small>${place}${required ? "" : ", optional"}</small></dt>
<dd><code>${link(typeText(schema))}</code> ${prose(notes)}</dd>`;
}

function mediaBlock([type, { schema }]: [string, Media[string]], link: (text: string) => Html) {
  const shown = schema.$ref ? refName(schema.$ref) : typeText(schema);
  return html`<pre><small>${type}</small>\n${link(shown)}</pre>`;
}

/** A sentence whose code stands between backticks. */
function prose(text: string): Html {
  return raw(String(html`${text}`).replace(/`([^`]+)`/g, "<code>$1</code>"));
}

/** Names of types in a text, as links to where they are written out. */
function linkNames(names: readonly string[]): (text: string) => Html {
  const known = new RegExp(`(?<![\\w".])(${names.join("|")})(?![\\w"(])`, "g");
  return (text) => raw(String(html`${text}`).replace(known, '<a href="#type-$1">$1</a>'));
}

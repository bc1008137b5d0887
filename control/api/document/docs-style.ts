/** The look of the API's page: contents at the side, text in the middle, light or dark as the reader has it. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --ground: #f6f5f2; --card: #fff; --ink: #1c1b19; --soft: #66625b; --line: #e4e1da; --mark: #b4532a; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #141312; --card: #1d1c1a; --ink: #f2efe9; --soft: #a39d93; --line: #34312d; --mark: #e58a5c; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 24px; }
body { margin: 0; display: grid; grid-template-columns: 300px minmax(0, 1fr); background: var(--ground); color: var(--ink);
  font: 15px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 28px 20px; border-right: 1px solid var(--line); font-size: 13px; }
nav h2 { margin: 20px 0 4px; font-size: 13px; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li a { display: grid; grid-template-columns: 50px 1fr; padding: 2px 0; line-height: 1.4; color: var(--soft); }
nav .home { font-size: 15px; font-weight: 650; color: var(--ink); }
main { max-width: 860px; padding: 40px 48px 120px; }
a { color: var(--mark); text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { margin: 0 0 8px; font-size: 30px; line-height: 1.25; letter-spacing: -0.01em; }
h2 { margin: 48px 0 8px; font-size: 22px; }
nav h2 a { color: var(--ink); }
h3 { margin: 0 0 4px; font-size: 17px; }
h4 { margin: 16px 0 4px; font-size: 13px; color: var(--soft); font-weight: 600; }
p { margin: 0 0 8px; text-wrap: pretty; }
section { margin: 16px 0; padding: 20px 24px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
section.type { padding: 14px 20px; }
code, pre { font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 4px 0 10px; padding: 10px 14px; overflow-x: auto; background: var(--ground); border-radius: 8px; }
pre small, small, .scope { color: var(--soft); font-size: 12px; }
.scope { margin-left: 8px; padding: 1px 8px; border: 1px solid var(--line); border-radius: 999px; white-space: nowrap; }
.address { overflow-wrap: anywhere; }
.address b, nav b { display: inline-block; min-width: 46px; font: 600 11px/1.6 ui-monospace, Menlo, Consolas, monospace; color: var(--mark); }
b.GET { color: #3b7d4f; } b.DELETE { color: #b3382c; }
.anchor { visibility: hidden; font-weight: 400; } section:hover .anchor { visibility: visible; }
dl { margin: 0; display: grid; grid-template-columns: minmax(140px, auto) 1fr; gap: 4px 20px; }
dt, dd { font-size: 14px; } dd { margin: 0; color: var(--soft); } dd code { color: var(--ink); }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
@media (max-width: 860px) { body { grid-template-columns: minmax(0, 1fr); } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); } main { padding: 28px 20px 80px; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } }
`;

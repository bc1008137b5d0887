/** The look of the platform's own pages: one card, the system's type, light or dark as the visitor has it. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f6f5f2; --card: #fff; --ink: #1c1b19; --soft: #66625b; --line: #e4e1da; --mark: #b4532a; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #141312; --card: #1d1c1a; --ink: #f2efe9; --soft: #a39d93; --line: #34312d; --mark: #e58a5c; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; grid-template-rows: 1fr auto; place-items: center; padding: 24px;
  background: var(--ground); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 520px; padding: 40px; background: var(--card); border: 1px solid var(--line); border-radius: 16px;
  box-shadow: 0 1px 2px rgb(0 0 0 / 4%), 0 16px 40px rgb(0 0 0 / 6%); }
svg { display: block; width: 40px; height: 40px; color: var(--mark); }
h1 { margin: 24px 0 8px; font-size: 26px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; text-wrap: balance; }
p { margin: 0; color: var(--soft); text-wrap: pretty; overflow-wrap: anywhere; }
strong { display: inline-block; max-width: 100%; color: var(--ink); font-weight: 600; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; margin: 32px 0 0; padding-top: 20px; border-top: 1px solid var(--line);
  font-size: 13px; }
dt { color: var(--soft); }
dd { margin: 0; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { padding-top: 24px; font-size: 13px; color: var(--soft); }
.bar { height: 4px; margin-top: 24px; border-radius: 2px; background: var(--line); overflow: hidden; }
.bar::before { content: ""; display: block; width: 35%; height: 100%; border-radius: 2px; background: var(--mark);
  animation: slide 1.6s ease-in-out infinite; }
@keyframes slide { from { transform: translateX(-100%); } to { transform: translateX(290%); } }
@media (prefers-reduced-motion: reduce) { .bar::before { animation: none; width: 100%; opacity: 0.5; } }
@media (max-width: 480px) { main { padding: 28px 24px; } }
`;

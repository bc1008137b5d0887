import { expect, it } from "vitest";
import { renderPage } from "../../router/pages/failure-page.ts";

it("shows what a client sent as text, never as markup", () => {
  const { html } = renderPage({
    code: "host_unknown",
    status: 404,
    title: "There is no app here",
    text: "No app answers at {host}.",
    host: `"><script>alert('&')</script>$&`,
    time: "2026-11-23T12:00:00.000Z",
    traceId: "<b>",
    reloadAfterSeconds: null,
  });
  expect(html).toContain(
    "No app answers at <strong>&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;$&amp;</strong>.",
  );
  expect(html).not.toContain("<script");
  expect(html).not.toContain("<b>");
});

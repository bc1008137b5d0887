/** A visit as a browser makes it: the page, then the files that it names. Apps of `apps.ts` say in every file which page it is of. */
import type { RawRequest, RawResponse } from "./http.ts";

export type FetchApp = (path: string, init?: RawRequest) => Promise<RawResponse>;
export type Visit = { readonly page: string; readonly problems: readonly string[] };

/** How many files a page of these apps names. */
const FILES = 2;

export async function visit(fetchApp: FetchApp): Promise<Visit> {
  const document = await fetchApp("/", { headers: { accept: "text/html", "sec-fetch-mode": "navigate" } });
  if (document.status !== 200) return { page: "", problems: [`the page answered ${document.status}`] };
  const page = /<h1>(.*)<\/h1>/.exec(document.text)?.[1] ?? "";
  const files = [...document.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
  if (files.length !== FILES) return { page, problems: [`the page names ${files.length} files`] };
  const problems = await Promise.all(
    files.map(async (path) => {
      const file = await fetchApp(path);
      if (file.status !== 200) return `${path} of "${page}" answered ${file.status}`;
      return file.text.includes(JSON.stringify(page)) ? "" : `${path} of "${page}" came from another build`;
    }),
  );
  return { page, problems: problems.filter((problem) => problem !== "") };
}

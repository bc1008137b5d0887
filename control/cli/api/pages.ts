/** `next` is null on the last page. */
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };
export type Pages<T> = AsyncGenerator<Page<T>, void>;

/** The most that the API gives in one page. */
export const LARGEST_PAGE = 100;

export async function firstPage<T>(pages: Pages<T>): Promise<Page<T>> {
  for await (const page of pages) return page;
  return { items: [], next: null };
}

/** As much of a list as `--limit` and `--all` ask for. */
export function readList<T>(
  listOf: (limit: number) => Pages<T>,
  { limit, all }: { readonly limit: number; readonly all?: boolean },
): Promise<Page<T>> {
  return all ? wholeList(listOf(LARGEST_PAGE)) : firstPage(listOf(limit));
}

/** All pages as one. */
export async function wholeList<T>(pages: Pages<T>): Promise<Page<T>> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page.items);
  return { items, next: null };
}

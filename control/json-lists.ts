/**
 * Long lists for SQLite's `json_each`: a statement in a Durable Object takes 100 bound parameters, but one of them may carry a
 * list of 10 000 values; a value has at most 2 MB, and a hash with a size is 90 bytes.
 */
const MAX_VALUES = 10_000;

export function jsonLists(values: readonly unknown[]): string[] {
  const lists: string[] = [];
  for (let start = 0; start < values.length; start += MAX_VALUES) {
    lists.push(JSON.stringify(values.slice(start, start + MAX_VALUES)));
  }
  return lists;
}

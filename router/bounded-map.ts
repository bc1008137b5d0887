/**
 * A map whose entries' costs stay within a budget: the least recently used go first. The newest entry stays even when it
 * alone is over the budget; reading a large manifest anew for every request would be worse than its size.
 */
export interface BoundedMap<V> {
  get(key: string): V | undefined;
  /** @param cost in the unit of the budget; 1 when the budget counts entries */
  set(key: string, value: V, cost?: number): void;
  delete(key: string): void;
}

export function createBoundedMap<V>(budget: number): BoundedMap<V> {
  // A Map iterates in the order of insertion, so re-inserting on use keeps the oldest in front.
  const entries = new Map<string, { readonly value: V; readonly cost: number }>();
  let spent = 0;

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, cost = 1) {
      remove(key);
      entries.set(key, { value, cost });
      spent += cost;
      for (const oldest of entries.keys()) {
        if (spent <= budget || oldest === key) break;
        remove(oldest);
      }
    },
    delete: remove,
  };

  function remove(key: string): void {
    spent -= entries.get(key)?.cost ?? 0;
    entries.delete(key);
  }
}

/** Runs `task` for each item, at most `width` at once; the first failure ends the rest and is thrown. Results keep the items' order. */
export async function mapBounded<T, R>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let failed = false;
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;

  async function worker(): Promise<void> {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await task(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
}

import type { Random } from "../support/seeded-random.ts";

/** A share of a list: one of every stretch of it, so that no part is left out. A share of 1 or more is all. */
export function choose<T>(list: readonly T[], share: number, random: Random): T[] {
  const stretch = Math.max(1, 1 / share);
  const chosen: T[] = [];
  for (let start = 0; start < list.length; start += stretch) {
    const item = list[Math.floor(start + random() * Math.min(stretch, list.length - start))];
    if (item !== undefined) chosen.push(item);
  }
  return chosen;
}

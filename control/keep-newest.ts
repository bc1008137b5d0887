/** Sets an entry as the newest of a map, and drops the oldest ones beyond `max`. A Map iterates in the order of insertion. */
export function keepNewest<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) break;
    map.delete(oldest);
  }
}

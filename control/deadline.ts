/** Work with an end: its signal aborts after so many milliseconds. `AbortSignal.timeout` would keep its timer, and with it an object, awake. */
export async function withDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), ms);
  try {
    return await work(end.signal);
  } finally {
    clearTimeout(timer);
  }
}

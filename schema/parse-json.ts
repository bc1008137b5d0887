/** For JSON that a schema checks next: what is no JSON is `undefined`, which no schema of ours takes. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

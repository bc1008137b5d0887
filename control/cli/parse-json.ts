/** A value for zod to judge: null for a text that is no JSON, which no schema here takes. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

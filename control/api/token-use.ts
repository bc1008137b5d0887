/** When a token was last used, to the minute: noted after the answer, once a minute by each isolate. */
import type { Directory } from "../directory/directory.ts";
import { keepNewest } from "../keep-newest.ts";

const MAX_ENTRIES = 2_000;

/** @returns a function that writes if this minute has not been written here, and never fails */
export function createUseNotes(): (directory: Directory, token: string, now: number) => Promise<void> | null {
  const noted = new Map<string, string>();

  return (directory, token, now) => {
    const minute = startOfMinute(now);
    if (noted.get(token) === minute) return null;
    keepNewest(noted, token, minute, MAX_ENTRIES);
    return directory.tokens.noteUse(token, minute).catch((error: unknown) => {
      console.error(JSON.stringify({ event: "api.token_use", token, error: String(error) }));
    });
  };
}

export function startOfMinute(now: number): string {
  return new Date(now - (now % 60_000)).toISOString();
}

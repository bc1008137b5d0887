import { createHash } from "node:crypto";
import type * as z from "zod";
import { type TokenEvent, TokenEventPage } from "../../../schema/contracts/token-events.ts";
import {
  ApiToken,
  ApiTokenPage,
  type Bootstrap,
  type CreateApiToken,
  type ListTokens,
  NewApiToken,
} from "../../../schema/contracts/tokens.ts";
import { LARGEST_PAGE, type Pages } from "./pages.ts";
import { type Requests, withQuery } from "./requests.ts";

export type TokenFilters = Partial<Pick<z.input<typeof ListTokens>, "project" | "active">>;

export function tokenCalls({ get, change, pages }: Requests) {
  return {
    /** The bearer is the bootstrap secret. Said again, also by another process, it is the same request: its answer may have been lost. */
    bootstrap(body: z.input<typeof Bootstrap>): Promise<NewApiToken> {
      const key = createHash("sha256").update(JSON.stringify(body)).digest("hex");
      return change("POST", "bootstrap", body, NewApiToken, key);
    },
    /** Newest first. */
    listTokens(filters: TokenFilters = {}): Pages<ApiToken> {
      return pages("tokens", { ...filters, limit: LARGEST_PAGE }, ApiTokenPage, (page) => page.tokens);
    },
    /** Oldest first, a page at a time. */
    async *readTokenEvents(filters: {
      readonly token?: string | undefined;
    }): AsyncGenerator<readonly TokenEvent[], void> {
      const query = { ...filters, limit: LARGEST_PAGE };
      for await (const { items } of pages("tokens/events", query, TokenEventPage, (page) => page.events)) {
        if (items.length > 0) yield items;
      }
    },
    /** The token that this CLI uses. */
    readOwnToken(): Promise<ApiToken> {
      return get("tokens/current", ApiToken);
    },
    createToken(body: z.input<typeof CreateApiToken>): Promise<NewApiToken> {
      return change("POST", "tokens", body, NewApiToken);
    },
    revokeToken(token: string, reason: string | undefined): Promise<ApiToken> {
      return change("DELETE", withQuery(`tokens/${token}`, { reason }), undefined, ApiToken);
    },
  };
}

import type * as z from "zod";
import {
  ApiToken,
  ApiTokenPage,
  type Bootstrap,
  type CreateApiToken,
  NewApiToken,
} from "../../../schema/contracts/tokens.ts";
import { LARGEST_PAGE, type Pages } from "./pages.ts";
import type { Requests } from "./requests.ts";

export function tokenCalls({ get, change, pages }: Requests) {
  return {
    /** The bearer is the bootstrap secret. */
    bootstrap(body: z.input<typeof Bootstrap>): Promise<NewApiToken> {
      return change("POST", "bootstrap", body, NewApiToken);
    },
    /** Newest first. */
    listTokens(): Pages<ApiToken> {
      return pages("tokens", { limit: LARGEST_PAGE }, ApiTokenPage, (page) => page.tokens);
    },
    /** The token that this CLI uses. */
    readOwnToken(): Promise<ApiToken> {
      return get("tokens/current", ApiToken);
    },
    createToken(body: z.input<typeof CreateApiToken>): Promise<NewApiToken> {
      return change("POST", "tokens", body, NewApiToken);
    },
    revokeToken(token: string): Promise<ApiToken> {
      return change("DELETE", `tokens/${token}`, undefined, ApiToken);
    },
  };
}

import type { TokenEvent } from "../../../../schema/contracts/token-events.ts";
import { type ApiToken, Bootstrap, CreateApiToken } from "../../../../schema/contracts/tokens.ts";
import { sha256 } from "../../../../schema/digest.ts";
import { FIRST_PREVIOUS } from "../../../../schema/event-chain.ts";
import { createToken } from "../../../../schema/token.ts";
import { tokenEventText } from "../../../../schema/token-event-chain.ts";
import { type Answer, type Asked, cutPage, matches, ok, problem } from "./answer.ts";

export type FakeTokens = {
  readonly tokens: ApiToken[];
  /** The answers show no secret: as if each request had been answered before. */
  isRepetition: boolean;
  /** What happened to tokens. */
  readonly events: TokenEvent[];
  /** Appends an event to their chain. */
  tell(fields: Pick<TokenEvent, "type" | "token"> & Partial<TokenEvent>): Promise<void>;
  /** Under `/bootstrap`, whoever asks has the bootstrap secret. */
  bootstrap(asked: Asked): Promise<Answer>;
  answer(asked: Asked): Promise<Answer>;
};

export function createFakeTokens(): FakeTokens {
  const fake: FakeTokens = {
    tokens: [],
    isRepetition: false,
    events: [],
    async tell(fields) {
      const last = fake.events.at(-1);
      const unhashed = {
        seq: (last?.seq ?? 0) + 1,
        at: "2026-11-23T12:00:00.000Z",
        actor: "tests",
        actorToken: "0123456789abcdef",
        reason: null,
        data: {},
        previous: last?.hash ?? FIRST_PREVIOUS,
        ...fields,
      };
      fake.events.push({ ...unhashed, hash: await sha256(tokenEventText(unhashed)) });
    },
    async bootstrap({ body }) {
      if (fake.tokens.length > 0) return problem("bootstrap_closed");
      return make({ ...Bootstrap.parse(body), scopes: ["admin"] });
    },
    async answer({ method, parts: [id], query, body }) {
      if (id === "current") return fake.tokens[0] ? ok(fake.tokens[0]) : problem("token_unknown");
      if (id === "events") {
        return cutPage(
          "events",
          fake.events.filter((event) => matches(event, query, ["token"])),
          query,
        );
      }
      if (!id && method === "GET") {
        const isActive = ({ revokedAt }: ApiToken) => !query.has("active") || revokedAt === null;
        return cutPage("tokens", fake.tokens.filter(isActive), query);
      }
      if (!id) return make(CreateApiToken.parse(body));
      const index = fake.tokens.findIndex((token) => token.id === id);
      const token = fake.tokens[index];
      if (!token || method !== "DELETE") return problem("token_not_found");
      fake.tokens[index] = {
        ...token,
        revokedAt: token.revokedAt ?? new Date().toISOString(),
        revokedBy: "tests",
        revokedByToken: "0123456789abcdef",
      };
      return ok(fake.tokens[index]);
    },
  };
  return fake;

  async function make(wish: CreateApiToken): Promise<Answer> {
    const made = await createToken((length) => crypto.getRandomValues(new Uint8Array(length)));
    const token: ApiToken = {
      id: made.id,
      name: wish.name,
      scopes: wish.scopes,
      projects: wish.projects ?? null,
      createdBy: "tests",
      createdByToken: "0123456789abcdef",
      createdAt: new Date().toISOString(),
      expiresAt: wish.expiresAt ?? null,
      lastUsedAt: null,
      revokedAt: null,
      revokedBy: null,
      revokedByToken: null,
    };
    fake.tokens.unshift(token);
    return ok({ ...token, secret: fake.isRepetition ? null : made.token }, 201);
  }
}

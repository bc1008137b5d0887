import { expect, it } from "vitest";
import type { TokenEvent } from "../../schema/contracts/token-events.ts";
import { sha256 } from "../../schema/digest.ts";
import { FIRST_PREVIOUS } from "../../schema/event-chain.ts";
import { findTokenBreak, tokenEventText } from "../../schema/token-event-chain.ts";
import { AT, digestOf } from "./examples.ts";

const [CI, ADA] = ["0123456789abcdef", "fedcba9876543210"];

async function chain(length: number): Promise<TokenEvent[]> {
  const chained: TokenEvent[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const event = {
      seq,
      at: AT,
      type: "token.created" as const,
      token: CI,
      actor: "ada",
      actorToken: ADA,
      reason: null,
      data: { scopes: "read", name: "CI" },
      previous: chained.at(-1)?.hash ?? FIRST_PREVIOUS,
    };
    chained.push({ ...event, hash: await sha256(tokenEventText(event)) });
  }
  return chained;
}

it("the text is this, to the byte: hashes that people have kept depend on it", async () => {
  const [event] = (await chain(1)) as [TokenEvent];
  expect(tokenEventText({ ...event, previous: digestOf("a") })).toBe(
    `["token","${"a".repeat(64)}",1,"${AT}","token.created","${CI}","ada","${ADA}",null,[["name","CI"],["scopes","read"]]]`,
  );
});

const CHANGES: Record<keyof TokenEvent, Partial<TokenEvent>> = {
  seq: { seq: 30 },
  at: { at: "2026-11-23T12:00:00.001Z" },
  type: { type: "token.revoked" },
  token: { token: ADA },
  actor: { actor: "bob" },
  actorToken: { actorToken: null },
  reason: { reason: "another" },
  data: { data: { scopes: "admin", name: "CI" } },
  previous: { previous: digestOf("b") },
  hash: { hash: digestOf("c") },
};

it.each(Object.entries(CHANGES))(
  "a whole chain has no break; one is found where `%s` was changed",
  async (_, change) => {
    const events = await chain(4);
    expect(await findTokenBreak(events, FIRST_PREVIOUS)).toBeNull();
    const changed = events.map((event) => (event.seq === 3 ? { ...event, ...change } : event));
    expect(await findTokenBreak(changed, FIRST_PREVIOUS)).toBe(changed[2]?.seq);
  },
);

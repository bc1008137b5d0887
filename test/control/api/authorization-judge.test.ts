/** The judge of the authorisation matrix sees what is wrong. */
import { describe, expect, it } from "vitest";
import { expectationOf, judge, type Role } from "../../support/authorization-judge.ts";
import type { RawResponse } from "../../support/http.ts";

function answer(status: number, code?: string, headers: Record<string, string> = {}): RawResponse {
  const text = code ? JSON.stringify({ code }) : "{}";
  return { status, headers, text, body: Buffer.from(text) };
}

const challenge = { "www-authenticate": "Bearer" };
const ABSENT = { kind: "absent" } as const;
const ALLOWED = { kind: "allowed" } as const;
const OK = { status: 200 };

describe("judge", () => {
  it("takes nothing but a 401 with a challenge from who has no good token", () => {
    const expected = { kind: "unauthenticated", code: "token_expired" } as const;
    expect(judge(expected, answer(401, "token_expired", challenge), OK, true)).toBe("right");
    for (const wrong of [
      answer(200),
      answer(404, "project_not_found"),
      answer(422, "body_invalid"),
      answer(401, "token_unknown", challenge),
      answer(401, "token_expired"),
    ]) {
      expect(judge(expected, wrong, OK, true)).toBe("wrong accept");
    }
  });

  it("takes nothing but a 403 from who has not the scope", () => {
    expect(judge({ kind: "scope_missing" }, answer(403, "scope_missing"), OK, true)).toBe("right");
    for (const wrong of [answer(200), answer(422, "body_invalid"), answer(404, "project_not_found")]) {
      expect(judge({ kind: "scope_missing" }, wrong, OK, true)).toBe("wrong accept");
    }
  });

  it("takes of foreign things only what is said of nobody's", () => {
    expect(judge(ABSENT, answer(404, "project_not_found"), OK, true)).toBe("right");
    expect(judge(ABSENT, answer(404, "project_not_found"), OK, false)).toBe("wrong accept");
    expect(judge(ABSENT, answer(200), OK, true)).toBe("wrong accept");
  });

  it("sees who is refused wrongly", () => {
    expect(judge(ALLOWED, answer(202), { status: 202 }, true)).toBe("right");
    for (const wrong of [
      answer(200),
      answer(401, "token_unknown"),
      answer(403, "scope_missing"),
      answer(404, "webhook_not_found"),
      answer(409, "not_cancellable"),
      answer(422, "body_invalid"),
      answer(429),
      answer(500),
    ]) {
      expect(judge(ALLOWED, wrong, { status: 202 }, true)).toBe("wrong refusal");
    }
    const over = { status: 409, code: "rollout_over" };
    expect(judge(ALLOWED, answer(409, "rollout_over"), over, true)).toBe("right");
    for (const wrong of [answer(200), answer(409), answer(409, "project_deleted")]) {
      expect(judge(ALLOWED, wrong, over, true)).toBe("wrong refusal");
    }
  });
});

describe("expectationOf", () => {
  const role = (scope: Role["scope"], isBound: boolean): Role => ({
    name: "",
    token: "t",
    refused: null,
    scope,
    isBound,
  });
  it.each([
    [role("read", true), "read", false, "own", "allowed"],
    [role("read", true), "read", false, "foreign", "absent"],
    [role("read", false), "read", false, "foreign", "allowed"],
    [role("read", false), "read", false, "mixed", "absent"],
    [role("deploy", false), "promote", false, "own", "scope_missing"],
    [role("promote", false), "deploy", false, "own", "scope_missing"],
    [role("admin", true), "deploy", true, "own", "scope_missing"],
    [role("admin", false), "deploy", true, "own", "allowed"],
    [role("read", true), "admin", false, "foreign", "scope_missing"],
    [role("admin", false), "bootstrap", false, "own", "unauthenticated"],
  ] as const)("%o, where %s is needed (of all projects: %s), %s: %s", (who, scope, unbound, place, kind) => {
    expect(expectationOf(who, { scope, unbound }, place).kind).toBe(kind);
  });
});

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

describe("judge", () => {
  it("takes nothing but a 401 with a challenge from who has no good token", () => {
    const expected = { kind: "unauthenticated", code: "token_expired" } as const;
    expect(judge(expected, answer(401, "token_expired", challenge), true, true)).toBe("right");
    for (const wrong of [
      answer(200),
      answer(404, "project_not_found"),
      answer(422, "body_invalid"),
      answer(401, "token_unknown", challenge),
      answer(401, "token_expired"),
    ]) {
      expect(judge(expected, wrong, true, true)).toBe("wrong accept");
    }
  });

  it("takes nothing but a 403 from who has not the scope", () => {
    expect(judge({ kind: "scope_missing" }, answer(403, "scope_missing"), true, true)).toBe("right");
    for (const wrong of [answer(200), answer(422, "body_invalid"), answer(404, "project_not_found")]) {
      expect(judge({ kind: "scope_missing" }, wrong, false, true)).toBe("wrong accept");
    }
  });

  it("takes of foreign things only what is said of nobody's", () => {
    expect(judge(ABSENT, answer(404, "project_not_found"), true, true)).toBe("right");
    expect(judge(ABSENT, answer(404, "project_not_found"), true, false)).toBe("wrong accept");
    expect(judge(ABSENT, answer(200), true, true)).toBe("wrong accept");
  });

  it("sees who is refused wrongly", () => {
    for (const right of [answer(200), answer(409, "not_cancellable"), answer(422, "body_invalid")]) {
      expect(judge(ALLOWED, right, false, true)).toBe("right");
    }
    for (const wrong of [answer(401, "token_unknown"), answer(403, "scope_missing"), answer(429), answer(500)]) {
      expect(judge(ALLOWED, wrong, false, true)).toBe("wrong refusal");
    }
    expect(judge(ALLOWED, answer(404, "deployment_not_found"), true, true)).toBe("wrong refusal");
    expect(judge(ALLOWED, answer(404, "webhook_not_found"), false, true)).toBe("right");
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

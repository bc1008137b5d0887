import { describe, expect, it } from "vitest";
import { judgeToken } from "../../../control/api/authenticate.ts";
import type { Caller } from "../../../control/api/context.ts";
import { maySee, refuseGrant, strangeProjects } from "../../../control/api/token-grant.ts";
import { sha256 } from "../../../schema/digest.ts";
import { projectIdFrom } from "../../../schema/ids.ts";

const OWN = projectIdFrom("01a208a6-4374-7a58-b56b-6597d9c1c9da");
const SECOND = projectIdFrom("01a208a6-4374-7a58-b56b-6597d9c1c9db");
const FOREIGN = projectIdFrom("01a208a6-4374-7a58-b56b-6597d9c1c9dc");
const NOW = Date.parse("2026-11-23T10:00:00Z");
const ALL: Caller = { token: "1", name: "ops", scopes: ["admin"], projects: null, expiresAt: null };
const BOUND: Caller = { ...ALL, projects: [OWN, SECOND] };

describe("refuseGrant", () => {
  it("lets a token of all rights make any", () => {
    for (const wish of [{}, { projects: [FOREIGN] }, { expiresAt: "2027-01-01T00:00:00Z" }]) {
      expect(refuseGrant(ALL, { name: "x", scopes: ["admin"], ...wish }, NOW)).toBeNull();
    }
  });

  it("grants no scope that the token has not", () => {
    const caller: Caller = { ...ALL, scopes: ["deploy"] };
    expect(refuseGrant(caller, { name: "x", scopes: ["read", "deploy"] }, NOW)).toBeNull();
    for (const scope of ["promote", "admin"] as const) {
      expect(refuseGrant(caller, { name: "x", scopes: ["read", scope] }, NOW)?.code).toBe("scope_missing");
    }
  });

  it("grants no time that the token has not", () => {
    const caller: Caller = { ...ALL, expiresAt: "2026-12-01T00:00:00.000Z" };
    const grant = (expiresAt?: string) =>
      refuseGrant(caller, { name: "x", scopes: ["read"], ...(expiresAt && { expiresAt }) }, NOW)?.code;
    expect(grant()).toBe("scope_missing");
    expect(grant("2026-12-01T00:00:01Z")).toBe("scope_missing");
    expect(grant("2026-12-01T00:00:00Z")).toBeUndefined();
    expect(grant("2026-11-23T10:00:00Z")).toBe("body_invalid");
  });

  it("wants a bound token to name projects", () => {
    expect(refuseGrant(BOUND, { name: "x", scopes: ["read"] }, NOW)?.code).toBe("scope_missing");
    expect(refuseGrant(BOUND, { name: "x", scopes: ["read"], projects: [OWN] }, NOW)).toBeNull();
  });
});

it("projects that are foreign and projects that are not there are the same", () => {
  expect(strangeProjects(BOUND, [OWN, FOREIGN, SECOND], [OWN, FOREIGN])).toEqual([1, 2]);
  expect(strangeProjects(ALL, [OWN, FOREIGN, SECOND], [OWN, FOREIGN])).toEqual([2]);
});

describe("maySee", () => {
  it.each([
    [null, false],
    [[OWN], true],
    [[OWN, SECOND], true],
    [[OWN, FOREIGN], false],
    [[FOREIGN], false],
  ])("a bound token, of one for %j: %s", (projects, seen) => {
    expect(maySee(BOUND, { projects })).toBe(seen);
    expect(maySee(ALL, { projects })).toBe(true);
  });
});

describe("judgeToken", () => {
  const caller: Caller = { ...ALL, expiresAt: "2026-11-23T10:00:00.000Z" };

  it("tells of expiry only who has the whole token", async () => {
    const [right, wrong] = [await sha256("right"), await sha256("wrong")];
    expect(judgeToken(right, caller, wrong, NOW + 1)).toMatchObject({ failure: { code: "token_unknown" } });
    expect(judgeToken(right, caller, right, NOW)).toMatchObject({ failure: { code: "token_expired" } });
    expect(judgeToken(right, caller, right, NOW - 1)).toMatchObject({ ok: true });
  });
});

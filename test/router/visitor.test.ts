import { describe, expect, it } from "vitest";
import { createVisitors, visitorCookie } from "../../router/visitor.ts";

const KEY = "a key of these tests only";
const FACTS = { "cf-connecting-ip": "203.0.113.7", "user-agent": "Firefox", "accept-language": "de" };

async function idOf(headers: Record<string, string>, key = KEY): Promise<string> {
  return (await createVisitors(key).identify(new Headers(headers))).id;
}

describe("a visitor's id", () => {
  it("is the same for parallel first requests, whatever they ask for", async () => {
    const visitors = createVisitors(KEY);
    const ids = await Promise.all([
      visitors.identify(new Headers({ ...FACTS, accept: "text/html" })),
      visitors.identify(new Headers({ ...FACTS, accept: "image/png" })),
    ]);
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]?.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    ["address", { "cf-connecting-ip": "203.0.113.8" }],
    ["browser", { "user-agent": "Chrome" }],
    ["language", { "accept-language": "fr" }],
  ])("differs with the %s", async (_name, change) => {
    expect(await idOf({ ...FACTS, ...change })).not.toBe(await idOf(FACTS));
  });

  it("cannot be computed without the key", async () => {
    expect(await idOf(FACTS, "another key of these tests")).not.toBe(await idOf(FACTS));
  });

  it("survives a change of the IPv6 address within its network", async () => {
    const home = { ...FACTS, "cf-connecting-ip": "2001:db8:1:2:aaaa::1" };
    expect(await idOf({ ...home, "cf-connecting-ip": "2001:db8:1:2:bbbb:cccc:dddd:eeee" })).toBe(await idOf(home));
    expect(await idOf({ ...home, "cf-connecting-ip": "2001:db8:1:3:aaaa::1" })).not.toBe(await idOf(home));
  });

  it("is kept by the cookie when everything else changes", async () => {
    const visitors = createVisitors(KEY);
    const first = await visitors.identify(new Headers(FACTS));
    const cookie = visitorCookie(first).split(";")[0] ?? "";
    const later = visitors.identify(new Headers({ "cf-connecting-ip": "198.51.100.1", cookie: `a=b; ${cookie}; c=d` }));
    expect(later).toEqual({ id: first.id, hasCookie: true });
  });

  it.each(["", "short", "0".repeat(33), "G".repeat(32), `${"0".repeat(31)}"`])(
    "ignores the damaged cookie %j",
    async (value) => {
      const cookie = `__Host-atelier-visitor=${value}`;
      expect(await createVisitors(KEY).identify(new Headers({ ...FACTS, cookie }))).toEqual({
        id: await idOf(FACTS),
        hasCookie: false,
      });
    },
  );

  it("is not read from a cookie whose name merely ends like ours", async () => {
    const cookie = `x__Host-atelier-visitor=${"0".repeat(32)}`;
    expect(await idOf({ ...FACTS, cookie })).toBe(await idOf(FACTS));
  });
});

describe("the cookie", () => {
  it("belongs to one host, over HTTPS, out of reach of scripts", () => {
    const [pair, ...attributes] = visitorCookie({ id: "0".repeat(32), hasCookie: false }).split("; ");
    expect(pair).toBe(`__Host-atelier-visitor=${"0".repeat(32)}`);
    expect(attributes).toEqual(["Max-Age=604800", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"]);
  });
});

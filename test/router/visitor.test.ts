import { describe, expect, it } from "vitest";
import { createVisitors } from "../../router/visitor.ts";
import { rolloutIdFrom } from "../../schema/ids.ts";
import { OTHER_PROJECT, PROJECT, ROLLOUT } from "../support/routes.ts";

const KEY = "a key of these tests only";
const FACTS = { "cf-connecting-ip": "203.0.113.7", "user-agent": "Firefox", "accept-language": "de" };

function pairOf(setCookie: string): string {
  return setCookie.split(";")[0] ?? "";
}

async function idOf(headers: Record<string, string>, key = KEY): Promise<string> {
  return (await createVisitors(key).identify(PROJECT, new Headers(headers))).id;
}

describe("a visitor's id", () => {
  it("is the same for parallel first requests, whatever they ask for", async () => {
    const visitors = createVisitors(KEY);
    const ids = await Promise.all([
      visitors.identify(PROJECT, new Headers({ ...FACTS, accept: "text/html" })),
      visitors.identify(PROJECT, new Headers({ ...FACTS, accept: "image/png" })),
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
    const first = await visitors.identify(PROJECT, new Headers(FACTS));
    const cookie = pairOf(await visitors.cookieFor(PROJECT, first));
    const elsewhere = new Headers({ "cf-connecting-ip": "198.51.100.1", cookie: `a=b; ${cookie}; c=d` });
    expect(await visitors.identify(PROJECT, elsewhere)).toEqual({ id: first.id, hasCookie: true });
    // Once its signature was checked, it is at hand.
    expect(visitors.identify(PROJECT, elsewhere)).toEqual({ id: first.id, hasCookie: true });
  });

  it("can not be chosen: a cookie that we did not sign, or for another app, counts for nothing", async () => {
    const visitors = createVisitors(KEY);
    const own = { id: await idOf(FACTS), hasCookie: false };
    const real = pairOf(await visitors.cookieFor(PROJECT, { id: "0".repeat(32), hasCookie: false }));
    const forged = [
      real.replace("=0", "=1"),
      real.replace(/\.(.)/, (_, digit) => `.${digit === "a" ? "b" : "a"}`),
      pairOf(await createVisitors("another key of these tests").cookieFor(PROJECT, own)),
      pairOf(await visitors.cookieFor(OTHER_PROJECT, own)),
      real.split(".")[0] ?? "",
    ];
    for (const cookie of forged) {
      expect(await visitors.identify(PROJECT, new Headers({ ...FACTS, cookie })), cookie).toEqual(own);
    }
    expect(await visitors.identify(PROJECT, new Headers({ ...FACTS, cookie: real }))).toMatchObject({
      hasCookie: true,
    });
  });

  it("is another one in every app", async () => {
    const { id } = await createVisitors(KEY).identify(OTHER_PROJECT, new Headers(FACTS));
    expect(id).not.toBe(await idOf(FACTS));
  });

  it.each(["", "short", "0".repeat(33), "G".repeat(32), `${"0".repeat(31)}"`, `${"0".repeat(32)}.${"0".repeat(31)}`])(
    "ignores the damaged cookie %j",
    async (value) => {
      const cookie = `__Host-atelier-visitor=${value}`;
      expect(await createVisitors(KEY).identify(PROJECT, new Headers({ ...FACTS, cookie }))).toEqual({
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
  it("belongs to one host, over HTTPS, out of reach of scripts", async () => {
    const cookie = await createVisitors(KEY).cookieFor(PROJECT, { id: "0".repeat(32), hasCookie: false });
    const [pair, ...attributes] = cookie.split("; ");
    expect(pair).toMatch(/^__Host-atelier-visitor=0{32}\.[0-9a-f]{32}$/);
    expect(attributes).toEqual(["Max-Age=604800", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"]);
  });
});

describe("the hash of a network", () => {
  const hashOf = (address: string, rollout = ROLLOUT, key = KEY) =>
    createVisitors(key).networkHash(rollout, new Headers({ "cf-connecting-ip": address }));

  it("is one for all who share an address, whatever else they say they are", async () => {
    const visitors = createVisitors(KEY);
    const hashes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        visitors.networkHash(ROLLOUT, new Headers({ ...FACTS, "user-agent": `bot ${n}` })),
      ),
    );
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).toBe(await hashOf(FACTS["cf-connecting-ip"]));
  });

  it("is one for the 65 536 networks that an IPv6 customer may have", async () => {
    expect(await hashOf("2001:db8:1:ffff::1")).toBe(await hashOf("2001:db8:1:2::1"));
    expect(await hashOf("2001:db8:2::1")).not.toBe(await hashOf("2001:db8:1::1"));
  });

  it("says nothing without the key, and nothing in another rollout", async () => {
    const other = rolloutIdFrom("01990000-0000-7000-8000-0000000000f2");
    const hashes = [
      await hashOf("203.0.113.7"),
      await hashOf("203.0.113.7", other),
      await hashOf("203.0.113.7", ROLLOUT, "another key of these tests"),
    ];
    expect(new Set(hashes).size).toBe(3);
    for (const hash of hashes) expect(Number.isInteger(hash) && hash >= 0 && hash <= 0xffff_ffff).toBe(true);
  });
});

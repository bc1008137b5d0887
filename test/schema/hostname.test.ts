import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { appHostname, Channel, Hostname, MAX_SLUG_LENGTH, PRODUCTION, readHost, Slug } from "../../schema/hostname.ts";

const APPS = "apps.atelier.style";

/** Words that look like what the platform puts after a slug, so that clashes would be found. */
const words = fc.constantFrom(
  "a",
  "pr",
  "d",
  "0",
  "7",
  "42",
  "042",
  "1234567890",
  "0123456789ab",
  "shop",
  "production",
);
const slugs = fc
  .oneof(
    fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/),
    fc.array(words, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("-")),
  )
  .filter((text) => Slug.safeParse(text).success)
  .map((text) => Slug.parse(text));
const channels = fc
  .oneof(
    fc.constant("production"),
    fc.integer({ min: 1, max: 999_999_999 }).map((n) => `pr-${n}`),
  )
  .map((text) => Channel.parse(text));
const labels = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,63}$/),
  fc.array(words, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("-")),
);

describe("a slug", () => {
  it.each([
    "a",
    "0",
    "my-app",
    "pr-42",
    "d-0123456789ab",
    "a-pr",
    "a-pr-x",
    "a-d-0123456789",
    "a".repeat(MAX_SLUG_LENGTH),
  ])("can be %s", (slug) => {
    expect(Slug.parse(slug)).toBe(slug);
  });

  it.each([
    ["", /lower-case letters/],
    ["My-App", /lower-case letters/],
    ["my_app", /lower-case letters/],
    ["-a", /lower-case letters/],
    ["a-", /lower-case letters/],
    ["a.b", /lower-case letters/],
    ["a\n", /lower-case letters/],
    ["fünke", /lower-case letters/],
    ["a--b", /two hyphens/],
    ["xn--fnke-0ra", /two hyphens/],
    ["a-pr-42", /preview host/],
    ["a-pr-0", /preview host/],
    ["a-pr-042", /preview host/],
    ["a-pr-12345678901", /preview host/],
    ["a-d-0123456789ab", /permalink/],
    ["a".repeat(MAX_SLUG_LENGTH + 1), /at most 40 characters/],
  ])("can not be %j", (slug, message) => {
    expect(
      Slug.safeParse(slug)
        .error?.issues.map((issue) => issue.message)
        .join(),
    ).toMatch(message);
  });
});

describe("a channel", () => {
  it.each(["production", "pr-1", "pr-42", "pr-999999999"])("can be %s", (channel) => {
    expect(Channel.parse(channel)).toBe(channel);
  });

  it.each(["", "Production", "preview", "pr-0", "pr-042", "pr-", "pr-1000000000", "pr-4 2", "pr-42\n", "pr--1"])(
    "can not be %j",
    (channel) => {
      expect(Channel.safeParse(channel).success).toBe(false);
    },
  );
});

describe("a host of the platform", () => {
  it("gives slug and channel back, for every slug and channel", () => {
    fc.assert(
      fc.property(slugs, channels, (slug, channel) => {
        const hostname = appHostname(slug, channel, APPS);
        expect(readHost(hostname, APPS)).toEqual({ kind: "app", hostname, slug, channel });
        expect(Hostname.parse(hostname)).toBe(hostname);
        expect(new URL(`https://${hostname}/`).hostname).toBe(hostname);
      }),
      { numRuns: 1_000 },
    );
  });

  it("has one reading: no other slug and channel have that name", () => {
    fc.assert(
      fc.property(slugs, channels, slugs, channels, (slug, channel, otherSlug, otherChannel) => {
        fc.pre(slug !== otherSlug || channel !== otherChannel);
        expect(appHostname(slug, channel, APPS)).not.toBe(appHostname(otherSlug, otherChannel, APPS));
      }),
      { numRuns: 1_000 },
    );
  });

  it("is read from a label only if that slug and channel write the same label", () => {
    fc.assert(
      fc.property(labels, (label) => {
        const reading = readHost(`${label}.${APPS}`, APPS);
        const written = reading.kind === "app" ? appHostname(reading.slug, reading.channel, APPS) : null;
        expect(written ?? reading).toEqual(written === null ? { kind: "invalid" } : `${label}.${APPS}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["shop", "shop", "production"],
    ["shop-pr-42", "shop", "pr-42"],
    ["pr-42", "pr-42", "production"],
    ["pr-42-pr-7", "pr-42", "pr-7"],
    ["a-pr-x-pr-7", "a-pr-x", "pr-7"],
  ])("%s is %s on %s", (label, slug, channel) => {
    expect(readHost(`${label}.${APPS}`, APPS)).toMatchObject({ kind: "app", slug, channel });
  });

  it.each([
    "shop-pr-0",
    "shop-pr-042",
    "shop-pr-1234567890",
    "shop-pr-7-pr-42",
    "shop-d-0123456789ab",
    "shop--eu",
    "-shop",
    "shop-",
    "a.shop",
    "a".repeat(41),
    "a".repeat(64),
  ])("%s belongs to nobody, and is no custom domain either", (label) => {
    expect(readHost(`${label}.${APPS}`, APPS)).toEqual({ kind: "invalid" });
  });

  it("fits into a DNS label at its longest", () => {
    const hostname = appHostname(Slug.parse("a".repeat(MAX_SLUG_LENGTH)), Channel.parse("pr-999999999"), APPS);
    expect(hostname.split(".")[0]?.length).toBeLessThanOrEqual(63);
  });

  it("works with the apps domain of development", () => {
    expect(readHost("hello-pr-7.apps.localhost", "apps.localhost")).toMatchObject({ slug: "hello", channel: "pr-7" });
    expect(readHost("hello.apps.atelier.style", "apps.localhost").kind).toBe("custom");
  });
});

describe("a Host header, as the URL parser hands it over", () => {
  const read = (header: string) => readHost(new URL(`http://${header}/`).hostname, APPS);

  it.each([
    ["upper case, a trailing dot and a port", "UPPER.Example.com.:8899", "upper.example.com"],
    ["what stands before an @", "a.b@evil.com", "evil.com"],
    ["an international name", "fünke.example", "xn--fnke-0ra.example"],
    ["an encoded name", "%73hop.example", "shop.example"],
    ["a name like ours, without the dot", "shopapps.atelier.style", "shopapps.atelier.style"],
    ["our name with more behind it", "shop.apps.atelier.style.evil.com", "shop.apps.atelier.style.evil.com"],
    ["a single label", "localhost", "localhost"],
  ])("%s", (_, header, hostname) => {
    expect(read(header)).toEqual({ kind: "custom", hostname });
  });

  it.each([
    ["of the platform in upper case, with a dot and a port", "SHOP-PR-42.Apps.Atelier.Style.:8787"],
    ["of the platform with an encoded letter", "%73hop-pr-42.apps.atelier.style"],
  ])("%s", (_, header) => {
    expect(read(header)).toEqual({
      kind: "app",
      hostname: "shop-pr-42.apps.atelier.style",
      slug: "shop",
      channel: "pr-42",
    });
  });

  it.each([
    ["an underscore and an empty label", "a_b..c"],
    ["an IPv4 address", "127.0.0.1"],
    ["an IPv4 address as a number", "2130706433"],
    ["an IPv6 address", "[::1]"],
    ["the apps domain itself", "apps.atelier.style"],
    ["the apps domain with a dot", "apps.atelier.style."],
    ["two trailing dots", "example.com.."],
    ["an asterisk", "*.example.com"],
    ["a label that is too long", `${"a".repeat(64)}.example`],
    ["a name that is too long", Array.from({ length: 64 }, () => "abc").join(".")],
  ])("%s is no name of ours or of anybody's", (_, header) => {
    expect(read(header)).toEqual({ kind: "invalid" });
  });

  it("never throws and never gives anything but a canonical name, whatever it is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.domain(), fc.webAuthority()), (raw) => {
        const reading = readHost(raw, APPS);
        if (reading.kind !== "invalid") expect(reading.hostname).toMatch(/^[a-z0-9.-]{1,253}$/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a stored host name", () => {
  it("is one that a request can name: the URL parser gives it back as it is", () => {
    const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
    const tricky = fc.constantFrom("0x1f", "0x", "1", "08", "xn--a", "xn--fnke-0ra", "com");
    const names = fc.array(fc.oneof(label, tricky), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
    fc.assert(
      fc.property(names, (name) => {
        const stored = Hostname.safeParse(name);
        if (stored.success) expect(new URL(`http://${name}/`).hostname).toBe(name);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["example.com", "www.example.com", "xn--fnke-0ra.example", "a", "1.example"])("can be %s", (name) => {
    expect(Hostname.parse(name)).toBe(name);
  });

  it.each(
    ["", "Example.com", "example.com.", "example.com:80", "*.example.com", "fünke.example", "a_b.c", "10.0.0.1"].concat(
      ["a.0x1f", "a..b", "a/b", "a@b", " a", "-a.b"],
    ),
  )("can not be %j", (name) => {
    expect(Hostname.safeParse(name).success).toBe(false);
  });

  it("is the same for the one who stores and the one who finds", () => {
    expect(readHost("WWW.Example.com.", APPS)).toEqual({ kind: "custom", hostname: Hostname.parse("www.example.com") });
    expect(PRODUCTION).toBe("production");
  });
});

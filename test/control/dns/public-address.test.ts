import { describe, expect, it } from "vitest";
import { parseIpv6, whyNotPublic } from "../../../control/dns/public-address.ts";

describe("whyNotPublic", () => {
  it.each([
    ["0.255.255.255", "1.0.0.0"],
    ["10.0.0.0", "9.255.255.255"],
    ["10.255.255.255", "11.0.0.0"],
    ["100.64.0.0", "100.63.255.255"],
    ["100.127.255.255", "100.128.0.0"],
    ["127.255.255.255", "128.0.0.0"],
    ["169.254.0.0", "169.253.255.255"],
    ["172.31.255.255", "172.32.0.0"],
    ["192.168.0.0", "192.167.255.255"],
    ["198.19.255.255", "198.20.0.0"],
    ["224.0.0.0", "223.255.255.255"],
    ["1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"],
    ["2001:1ff:ffff::", "2001:200::"],
    ["2001:db8:ffff:ffff::", "2001:db9::"],
    ["2002:ffff::", "2003::1"],
    ["3fff:fff:ffff::", "3ffe:ffff::"],
    ["4000::", "3ffe::1"],
  ])("%s is not, its neighbour %s is", (inside, outside) => {
    expect(whyNotPublic(inside)).not.toBeNull();
    expect(whyNotPublic(outside)).toBeNull();
  });

  it("names what an address is", () => {
    expect(whyNotPublic("169.254.169.254")).toBe("link-local (RFC 3927)");
    expect(whyNotPublic("::ffff:8.8.8.8")).toBe("an IPv4 address in another form (RFC 4291)");
    expect(whyNotPublic("::1")).toBe("loopback (RFC 4291)");
  });

  it.each([
    "",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4.5",
    "0x7f.0.0.1",
    ":::",
    "::1%eth0",
    "[::1]",
    "1:2:3:4:5:6:7:8:9",
    "host",
  ])("%j is not an address", (text) => {
    expect(whyNotPublic(text)).toBe("not an address");
  });
});

describe("parseIpv6", () => {
  it.each([
    ["::", 0n],
    ["::1", 1n],
    ["1::", 1n << 112n],
    ["0001:0:0:0:0:0:0:0002", (1n << 112n) | 2n],
    ["::ffff:1.2.3.4", 0xffff_0102_0304n],
    ["FE80::A", (0xfe80n << 112n) | 10n],
    ["1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000n],
  ])("%s", (text, value) => {
    expect(parseIpv6(text)).toBe(value);
  });
});

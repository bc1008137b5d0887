/**
 * Which addresses are of the public internet. The ranges are those of IANA's registries of special-purpose addresses
 * (iana-ipv4-special-registry, iana-ipv6-special-registry) and of multicast.
 */

type Range = readonly [range: string, what: string];

const IPV4: readonly Range[] = [
  ["0.0.0.0/8", "this network (RFC 791)"],
  ["10.0.0.0/8", "private (RFC 1918)"],
  ["100.64.0.0/10", "shared by a provider's customers (RFC 6598)"],
  ["127.0.0.0/8", "loopback (RFC 1122)"],
  ["169.254.0.0/16", "link-local (RFC 3927)"],
  ["172.16.0.0/12", "private (RFC 1918)"],
  ["192.0.0.0/24", "for protocols (RFC 6890)"],
  ["192.0.2.0/24", "documentation (RFC 5737)"],
  ["192.88.99.0/24", "6to4 relays (RFC 7526)"],
  ["192.168.0.0/16", "private (RFC 1918)"],
  ["198.18.0.0/15", "benchmarks (RFC 2544)"],
  ["198.51.100.0/24", "documentation (RFC 5737)"],
  ["203.0.113.0/24", "documentation (RFC 5737)"],
  ["224.0.0.0/4", "multicast (RFC 5771)"],
  ["240.0.0.0/4", "reserved (RFC 1112)"],
];

/** The first that fits names it: of IPv6 only 2000::/3 is given out for hosts (RFC 4291), so the last three leave that alone. */
const IPV6: readonly Range[] = [
  ["::1/128", "loopback (RFC 4291)"],
  ["::ffff:0:0/96", "an IPv4 address in another form (RFC 4291)"],
  ["64:ff9b::/96", "an IPv4 address behind NAT64 (RFC 6052)"],
  ["64:ff9b:1::/48", "an IPv4 address behind NAT64 (RFC 8215)"],
  ["100::/64", "discarded (RFC 6666)"],
  ["2001::/23", "for protocols, Teredo among them (RFC 2928)"],
  ["2001:db8::/32", "documentation (RFC 3849)"],
  ["2002::/16", "6to4 (RFC 3056)"],
  ["3fff::/20", "documentation (RFC 9637)"],
  ["fc00::/7", "private (RFC 4193)"],
  ["fe80::/10", "link-local (RFC 4291)"],
  ["fec0::/10", "site-local (RFC 3879)"],
  ["ff00::/8", "multicast (RFC 4291)"],
  ["::/3", "not of the public internet (RFC 4291)"],
  ["4000::/2", "not of the public internet (RFC 4291)"],
  ["8000::/1", "not of the public internet (RFC 4291)"],
];

/** @returns what kind of address this is if it is not a public one; null when it is */
export function whyNotPublic(address: string): string | null {
  const v4 = parseIpv4(address);
  const value = v4 ?? parseIpv6(address);
  if (value === null) return "not an address";
  const [width, ranges] = v4 === null ? [128, IPV6] : [32, IPV4];
  const hit = ranges.find(([range]) => {
    const [start = "", bits = ""] = range.split("/");
    const shift = BigInt(width - Number(bits));
    const first = parseIpv4(start) ?? parseIpv6(start);
    return first !== null && first >> shift === value >> shift;
  });
  return hit?.[1] ?? null;
}

/** Four decimal numbers, as DNS answers and `URL` write it. */
export function parseIpv4(text: string): bigint | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return null;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** Any spelling, without brackets and zone. */
export function parseIpv6(text: string): bigint | null {
  const url = text.includes(":") ? URL.parse(`http://[${text}]/`) : null;
  if (!url) return null;
  // Canonical now: lower-case groups of hex digits, at most one gap, no dotted end.
  const [before = "", after] = url.hostname.slice(1, -1).split("::");
  const [head, tail] = [groupsOf(before), groupsOf(after ?? "")];
  const gap = after === undefined ? [] : new Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...gap, ...tail].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}

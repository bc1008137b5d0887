/**
 * Which addresses webhooks are sent to: https, a public host, none of our own. The URL is looked at when it is set and before every
 * attempt; then its host is looked up as well, and refused if any of its addresses is private. `fetch` looks the host up once
 * more by itself, so a name that changes in between (rebinding) is caught only by where this runs: in production `fetch` has no way into
 * private networks, on a developer's machine it has.
 */
import { parseIpv4, whyNotPublic } from "../dns/public-address.ts";
import type { Resolve } from "../dns/resolver.ts";

export type ReceiverRules = {
  /** `host:port` that the operator vouches for: any address, http as well. */
  readonly privateHosts: ReadonlySet<string>;
  /** The hosts of the platform; those below them too. */
  readonly ownHosts: readonly string[];
};

/** Names that mean something only where they are asked: RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of `internal`. */
const LOCAL_NAMES = ["localhost", "local", "internal", "home.arpa", "onion"] as const;

/** Below 1024 other services have their ports. Above, those of the Fetch standard's list of bad ports. */
const FIRST_FREE_PORT = 1_024;
const BAD_PORTS: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** @returns why nothing may be sent to this URL, and what to do; null when it may */
export function refuseReceiver(text: string, { privateHosts, ownHosts }: ReceiverRules): string | null {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return "Give an https:// URL.";
  if (url.username !== "" || url.password !== "") return "Leave user name and password out of the URL.";
  if (url.hash !== "") return "Leave the fragment (#...) out of the URL.";
  if (privateHosts.has(hostAndPort(url))) return null;
  if (url.protocol !== "https:") return "Give an https:// URL.";
  const port = Number(url.port || 443);
  if ((port !== 443 && port < FIRST_FREE_PORT) || BAD_PORTS.has(port)) {
    return `Port ${port} belongs to another service. Use 443, or one from ${FIRST_FREE_PORT} on.`;
  }
  const host = url.hostname.replace(/\.$/, "");
  const address = literalOf(host);
  if (address !== null) {
    const kind = whyNotPublic(address);
    return kind && `${address} is ${kind}. Use a receiver on the public internet.`;
  }
  if (!host.includes(".") || LOCAL_NAMES.some((name) => isWithin(host, name))) {
    return `"${host}" is a name of a local network. Use a receiver on the public internet.`;
  }
  if (ownHosts.some((own) => isWithin(host, own))) return `"${host}" is the platform's own. Use a receiver elsewhere.`;
  return null;
}

/** @returns why nothing may be sent to where the host leads at this moment; null when it may */
export async function refuseAddresses(
  text: string,
  { privateHosts }: ReceiverRules,
  resolve: Resolve,
): Promise<string | null> {
  const url = new URL(text);
  if (privateHosts.has(hostAndPort(url)) || literalOf(url.hostname) !== null) return null;
  const found = await resolve(url.hostname);
  if (!found.ok) return `The host could not be looked up. ${found.failure}`;
  for (const address of found.value) {
    const kind = whyNotPublic(address);
    if (kind !== null) return `The host leads to an address that is ${kind}; nothing was sent.`;
  }
  return null;
}

/** `127.0.0.1:8080, receiver.test:443` */
export function parsePrivateHosts(setting: string): ReadonlySet<string> {
  return new Set(setting.split(",").flatMap((entry) => entry.trim().toLowerCase() || []));
}

function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`;
}

/** `URL` has brought every spelling of an IPv4 address to four decimal numbers, and put IPv6 ones in brackets. */
function literalOf(host: string): string | null {
  if (host.startsWith("[")) return host.slice(1, -1);
  return parseIpv4(host) === null ? null : host;
}

function isWithin(host: string, name: string): boolean {
  return host === name || host.endsWith(`.${name}`);
}

/**
 * The one reading of every host name, for the router (which finds) and control (which stores).
 * Slugs may not end like a preview or permalink host, so that each name under the apps domain has one meaning.
 */
import * as z from "zod";

/** A DNS label is at most 63 octets (RFC 1035, 2.3.4); 40 leaves room for `-pr-<n>` and `-d-<12 hex>`. */
export const MAX_SLUG_LENGTH = 40;
const MAX_HOSTNAME_LENGTH = 253;

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PREVIEW_LABEL = /^(.+)-pr-([1-9]\d{0,8})$/;
const RESERVED_ENDING = /-pr-\d+$|-d-[0-9a-f]{12}$/;

/** The part of an app's host name that its owner chooses. Immutable. */
export const Slug = z
  .string()
  .max(MAX_SLUG_LENGTH, `must be at most ${MAX_SLUG_LENGTH} characters`)
  .regex(LABEL, "must be lower-case letters, digits and inner hyphens, like my-app")
  .refine((slug) => !slug.includes("--"), "must not contain two hyphens in a row")
  .refine((slug) => !RESERVED_ENDING.test(slug), "must not end like a preview host (-pr-<n>) or a permalink (-d-<hex>)")
  .brand<"Slug">();
export type Slug = z.infer<typeof Slug>;

/** A line of deployments of a project. */
export const Channel = z
  .string()
  .regex(/^(?:production|pr-[1-9]\d{0,8})$/, 'must be "production" or "pr-<number>"')
  .brand<"Channel">();
export type Channel = z.infer<typeof Channel>;
export const PRODUCTION = Channel.parse("production");

/** A canonical host name: lower-case, no port, no trailing dot, letters-digits-hyphens labels. */
export const Hostname = z
  .string()
  .refine((name) => canonicalName(name) === name, "must be a canonical host name")
  .brand<"Hostname">();
export type Hostname = z.infer<typeof Hostname>;

export type HostReading =
  | { readonly kind: "app"; readonly hostname: Hostname; readonly slug: Slug; readonly channel: Channel }
  | { readonly kind: "custom"; readonly hostname: Hostname }
  | { readonly kind: "invalid" };

/**
 * Reads a host name as `URL.hostname` gives it (the URL parser has done IDNA and lower-casing, and taken off the port).
 * @param appsDomain canonical, as in the settings: `apps.atelier.style`, in development `apps.localhost`
 */
export function readHost(raw: string, appsDomain: string): HostReading {
  const name = canonicalName(raw);
  if (name === null || name === appsDomain) return { kind: "invalid" };
  const hostname = name as Hostname;
  if (!hostname.endsWith(`.${appsDomain}`)) return { kind: "custom", hostname };
  const label = hostname.slice(0, -appsDomain.length - 1);
  const preview = PREVIEW_LABEL.exec(label);
  const slug = Slug.safeParse(preview?.[1] ?? label);
  if (!slug.success) return { kind: "invalid" };
  const channel = preview ? (`pr-${preview[2]}` as Channel) : PRODUCTION;
  return { kind: "app", hostname, slug: slug.data, channel };
}

/** The host name on which a channel of a project answers. */
export function appHostname(slug: Slug, channel: Channel, appsDomain: string): Hostname {
  const label = channel === PRODUCTION ? slug : `${slug}-${channel}`;
  return `${label}.${appsDomain}` as Hostname;
}

function canonicalName(raw: string): string | null {
  const name = raw.toLowerCase().replace(/\.$/, "");
  if (name.length === 0 || name.length > MAX_HOSTNAME_LENGTH) return null;
  const labels = name.split(".");
  // A last label of digits, or of hex digits after 0x, is an IPv4 literal to every URL parser, never a host of ours.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) return null;
  return labels.every((label) => LABEL.test(label)) ? name : null;
}

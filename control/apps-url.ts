import { appHostname, type Channel, type Slug } from "../schema/hostname.ts";

/** Where apps answer, of the setting `APPS_URL`. */
export type AppsUrl = { readonly protocol: string; readonly domain: string; readonly port: string };

export function parseAppsUrl(url: string): AppsUrl {
  const { protocol, hostname, port } = new URL(url);
  return { protocol, domain: hostname, port };
}

/** The address of a channel's live version. */
export function channelUrl({ protocol, domain, port }: AppsUrl, slug: Slug, channel: Channel): string {
  const host = appHostname(slug, channel, domain);
  return `${protocol}//${host}${port && `:${port}`}/`;
}

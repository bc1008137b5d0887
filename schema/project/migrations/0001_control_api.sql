CREATE TABLE `condemned` (
	`key` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sweep` (
	`id` integer PRIMARY KEY NOT NULL,
	`generation` integer NOT NULL,
	`fence` integer NOT NULL,
	`protected_since` integer
);
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`secrets` text NOT NULL,
	`events` text NOT NULL,
	`description` text NOT NULL,
	`active` integer NOT NULL,
	`disabled_reason` text,
	`active_since` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `blobs` ADD `stored` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `blobs` ADD `touched_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `blobs` ADD `since` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `deployments` ADD `settings` text;--> statement-breakpoint
ALTER TABLE `deployments` ADD `retry_of` text;--> statement-breakpoint
ALTER TABLE `deployments` ADD `pinned` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `deployments` ADD `collected_at` text;--> statement-breakpoint
ALTER TABLE `events` ADD `reason` text;--> statement-breakpoint
ALTER TABLE `events` ADD `previous` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `events` ADD `hash` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `identity` ADD `name` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `identity` ADD `settings` text;--> statement-breakpoint
ALTER TABLE `identity` ADD `deleted_at` text;--> statement-breakpoint
ALTER TABLE `identity` ADD `purge_at` text;--> statement-breakpoint
ALTER TABLE `routes` ADD `closed_at` text;--> statement-breakpoint
ALTER TABLE `sources` ADD `stored` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `sources` ADD `touched_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sources` ADD `since` integer DEFAULT 0 NOT NULL;
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
ALTER TABLE `routes` ADD `closed_at` text;
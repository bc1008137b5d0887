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
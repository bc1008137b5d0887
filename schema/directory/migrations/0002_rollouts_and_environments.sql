CREATE TABLE `token_events` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` text NOT NULL,
	`type` text NOT NULL,
	`token` text NOT NULL,
	`actor` text NOT NULL,
	`actor_token` text,
	`reason` text,
	`data` text NOT NULL,
	`previous` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `token_events_by_token` ON `token_events` (`token`,`seq`);--> statement-breakpoint
ALTER TABLE `projects` ADD `created_by_token` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `created_by_token` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `revoked_by_token` text;
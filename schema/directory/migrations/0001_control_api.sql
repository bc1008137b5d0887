ALTER TABLE `projects` ADD `deleted_at` text;--> statement-breakpoint
ALTER TABLE `projects` ADD `purge_at` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `scopes` text DEFAULT '["admin"]' NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `projects` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `created_by` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `expires_at` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `last_used_at` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `revoked_by` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `request_key` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `request_hash` text;--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_requestKey_unique` ON `tokens` (`request_key`);--> statement-breakpoint
CREATE INDEX `deployment_index_by_project` ON `deployment_index` (`project`);
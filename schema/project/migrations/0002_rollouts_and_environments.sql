ALTER TABLE `deployments` ADD `created_by_token` text;--> statement-breakpoint
ALTER TABLE `events` ADD `actor_token` text;--> statement-breakpoint
ALTER TABLE `events` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `by_token` text;--> statement-breakpoint
ALTER TABLE `webhooks` ADD `created_by_token` text;
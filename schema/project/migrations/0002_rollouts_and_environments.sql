CREATE TABLE `env_digest_key` (
	`id` integer PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`box` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `env_snapshots` (
	`digest` text PRIMARY KEY NOT NULL,
	`environment` text NOT NULL,
	`entries` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `env_values` (
	`digest` text PRIMARY KEY NOT NULL,
	`environment` text NOT NULL,
	`name` text NOT NULL,
	`key` text NOT NULL,
	`box` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `env_variables` (
	`environment` text NOT NULL,
	`name` text NOT NULL,
	`value` text NOT NULL,
	`visibility` text NOT NULL,
	`bytes` integer NOT NULL,
	`searched` integer NOT NULL,
	`updated_at` text NOT NULL,
	`updated_by` text NOT NULL,
	PRIMARY KEY(`environment`, `name`)
);
--> statement-breakpoint
CREATE TABLE `rollouts` (
	`id` text PRIMARY KEY NOT NULL,
	`channel` text NOT NULL,
	`deployment` text NOT NULL,
	`control` text NOT NULL,
	`state` text NOT NULL,
	`probe` text,
	`outcome` text,
	`started_at` text NOT NULL,
	`ended_at` text,
	`tick_at` integer
);
--> statement-breakpoint
CREATE INDEX `rollouts_by_channel` ON `rollouts` (`channel`,`id`);--> statement-breakpoint
CREATE INDEX `rollouts_by_tick` ON `rollouts` (`tick_at`);--> statement-breakpoint
CREATE INDEX `rollouts_by_deployment` ON `rollouts` (`deployment`);--> statement-breakpoint
CREATE TABLE `verdicts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`rollout` text NOT NULL,
	`action` text NOT NULL,
	`verdict` text NOT NULL,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `verdicts_by_rollout` ON `verdicts` (`rollout`,`id`);--> statement-breakpoint
ALTER TABLE `deployments` ADD `created_by_token` text;--> statement-breakpoint
ALTER TABLE `events` ADD `actor_token` text;--> statement-breakpoint
ALTER TABLE `events` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `by_token` text;--> statement-breakpoint
ALTER TABLE `webhooks` ADD `created_by_token` text;--> statement-breakpoint
CREATE INDEX `outbox_by_kind` ON `outbox` (`kind`,`due_at`);
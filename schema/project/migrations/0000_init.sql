CREATE TABLE `blobs` (
	`sha` text PRIMARY KEY NOT NULL,
	`size` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `deployments` (
	`id` text PRIMARY KEY NOT NULL,
	`channel` text NOT NULL,
	`status` text NOT NULL,
	`phase` text,
	`source` text NOT NULL,
	`env` text NOT NULL,
	`fresh` integer NOT NULL,
	`inputs` text,
	`build` text,
	`reused` integer DEFAULT false NOT NULL,
	`whole` integer DEFAULT false NOT NULL,
	`files` integer,
	`bytes` integer,
	`uploaded_blobs` integer,
	`uploaded_bytes` integer,
	`config` text,
	`failure_reason` text,
	`failure_detail` text,
	`message` text,
	`commit` text,
	`created_by` text NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `deployments_by_channel` ON `deployments` (`channel`,`id`);--> statement-breakpoint
CREATE INDEX `deployments_by_status` ON `deployments` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `deployments_by_inputs` ON `deployments` (`inputs`);--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` text NOT NULL,
	`type` text NOT NULL,
	`actor` text NOT NULL,
	`channel` text,
	`deployment` text,
	`data` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `idempotency` (
	`key` text PRIMARY KEY NOT NULL,
	`request_hash` text NOT NULL,
	`response` text NOT NULL,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `identity` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `outbox` (
	`key` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`version` integer NOT NULL,
	`deliveries` integer NOT NULL,
	`failures` integer NOT NULL,
	`due_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `outbox_by_due` ON `outbox` (`due_at`);--> statement-breakpoint
CREATE TABLE `releases` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`channel` text NOT NULL,
	`kind` text NOT NULL,
	`deployment` text NOT NULL,
	`build` text NOT NULL,
	`env` text NOT NULL,
	`rev` integer NOT NULL,
	`back` integer,
	`by` text NOT NULL,
	`reason` text,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `releases_by_channel` ON `releases` (`channel`,`id`);--> statement-breakpoint
CREATE TABLE `routes` (
	`channel` text PRIMARY KEY NOT NULL,
	`rev` integer NOT NULL,
	`record` text NOT NULL,
	`release` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sources` (
	`sha` text PRIMARY KEY NOT NULL,
	`files` integer NOT NULL,
	`bytes` integer NOT NULL,
	`committed_at` text NOT NULL
);

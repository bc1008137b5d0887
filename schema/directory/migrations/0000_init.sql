CREATE TABLE `deployment_index` (
	`deployment` text PRIMARY KEY NOT NULL,
	`project` text NOT NULL,
	`channel` text NOT NULL,
	`build` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `deployment_index_by_build` ON `deployment_index` (`build`);--> statement-breakpoint
CREATE TABLE `hostnames` (
	`hostname` text PRIMARY KEY NOT NULL,
	`project` text NOT NULL,
	`created_at` text NOT NULL,
	FOREIGN KEY (`project`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`created_at` text NOT NULL,
	`created_by` text NOT NULL,
	`request_key` text,
	`request_hash` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `projects_slug_unique` ON `projects` (`slug`);--> statement-breakpoint
CREATE UNIQUE INDEX `projects_requestKey_unique` ON `projects` (`request_key`);--> statement-breakpoint
CREATE TABLE `tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`created_at` text NOT NULL,
	`revoked_at` text
);

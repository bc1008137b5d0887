CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`webhook` text NOT NULL,
	`type` text NOT NULL,
	`event` integer NOT NULL,
	`body` text NOT NULL,
	`status` text NOT NULL,
	`attempts` text NOT NULL,
	`tries` integer NOT NULL,
	`next_attempt_at` integer,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `deliveries_by_webhook` ON `deliveries` (`webhook`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_turn` ON `deliveries` (`webhook`,`next_attempt_at`);--> statement-breakpoint
CREATE INDEX `deliveries_by_due` ON `deliveries` (`next_attempt_at`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`key` text PRIMARY KEY NOT NULL,
	`request_hash` text NOT NULL,
	`response` text NOT NULL,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `receivers` (
	`webhook` text PRIMARY KEY NOT NULL,
	`failing_since` integer
);

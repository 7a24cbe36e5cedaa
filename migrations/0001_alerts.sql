CREATE TABLE `alert_sends` (
	`id` text PRIMARY KEY NOT NULL,
	`client_order_id` text NOT NULL,
	`opened_at` integer NOT NULL,
	`step` integer NOT NULL,
	`channel` text NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_try_at` integer NOT NULL,
	`error` text,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `alert_sends_order` ON `alert_sends` (`client_order_id`,`opened_at`);--> statement-breakpoint
CREATE TABLE `alerts` (
	`client_order_id` text PRIMARY KEY NOT NULL,
	`opened_at` integer NOT NULL,
	`acknowledged_by` text,
	`acknowledged_at` integer,
	`closed_at` integer
);

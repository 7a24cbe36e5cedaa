CREATE TABLE `incidents` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`account` text NOT NULL,
	`title` text NOT NULL,
	`message` text NOT NULL,
	`told_at` integer,
	`attempts` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `incidents_told` ON `incidents` (`told_at`,`at`);--> statement-breakpoint
CREATE TABLE `reconciliations` (
	`id` text PRIMARY KEY NOT NULL,
	`account` text NOT NULL,
	`day` text NOT NULL,
	`started_by` text NOT NULL,
	`started_at` integer NOT NULL,
	`finished_at` integer NOT NULL,
	`status` text NOT NULL,
	`differences` integer NOT NULL,
	`unresolved` integer NOT NULL,
	`report` text NOT NULL,
	`accepted_by` text,
	`accepted_at` integer,
	`accepted_reason` text
);
--> statement-breakpoint
CREATE INDEX `reconciliations_started` ON `reconciliations` (`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `reconciliations_day` ON `reconciliations` (`account`,`day`);
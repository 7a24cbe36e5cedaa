DROP INDEX `incidents_told`;--> statement-breakpoint
ALTER TABLE `incidents` ADD `severity` text DEFAULT 'serious' NOT NULL;--> statement-breakpoint
ALTER TABLE `incidents` ADD `acknowledged_by` text;--> statement-breakpoint
ALTER TABLE `incidents` ADD `acknowledged_at` integer;--> statement-breakpoint
CREATE INDEX `incidents_at` ON `incidents` (`at`,`id`);--> statement-breakpoint
CREATE INDEX `incidents_open` ON `incidents` (`acknowledged_at`,`at`);
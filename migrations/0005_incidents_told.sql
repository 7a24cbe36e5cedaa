UPDATE `incidents` SET `acknowledged_by` = 'platform', `acknowledged_at` = `told_at` WHERE `told_at` IS NOT NULL;--> statement-breakpoint
ALTER TABLE `incidents` DROP COLUMN `told_at`;--> statement-breakpoint
ALTER TABLE `incidents` DROP COLUMN `attempts`;
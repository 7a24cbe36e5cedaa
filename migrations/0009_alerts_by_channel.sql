DROP INDEX `alert_sends_order`;--> statement-breakpoint
ALTER TABLE `alert_sends` ADD `devices_left` text;--> statement-breakpoint
CREATE INDEX `alert_sends_channel` ON `alert_sends` (`client_order_id`,`opened_at`,`channel`,`step`);
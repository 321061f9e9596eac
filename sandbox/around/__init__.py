"""The team's other services beside the product: dashboards, change log, message receipts, on-call roster."""

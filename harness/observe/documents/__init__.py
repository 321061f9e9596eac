"""What the product says of itself: metrics documents, health, flags, alerts, Redis; read on every pod."""

from harness.observe.documents.reader import DocumentReader
from harness.observe.documents.redis import ping
from harness.observe.documents.seen import DocumentsSeen, HealthSeen, Look
from harness.observe.documents.vitals import health

__all__ = ["DocumentReader", "DocumentsSeen", "HealthSeen", "Look", "health", "ping"]

"""The steps of a sync as plain Python: scan, build, compare, batch, send, record, watermark."""

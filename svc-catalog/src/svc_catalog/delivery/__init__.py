"""Delivery of results (送达): at a window against a code, by post with tracking, or electronic."""

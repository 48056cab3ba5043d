"""Showing a licence (亮证): dynamic and offline QR codes, scans, the status list verifiers keep."""

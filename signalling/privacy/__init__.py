"""Consent, export, erasure, retention, masking and audit."""
